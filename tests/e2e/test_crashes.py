"""Kill real processes at random moments: never a hang, never a false green, nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Literal

import pytest
from checkouts import Project, alive, wait_until

from juncture.recording.journal import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Victim = Literal["controller", "worker", "server"]

SHARD = 20
"""Tests of each of the ledger's two shards."""

ENDS = {
    "in a test": ("test_ends.py", "import os\ndef test_ends():\n    os._exit(0)\ndef test_after(): pass\n"),
    "in a teardown": (
        "test_ends.py",
        (
            "import os\nimport pytest\n@pytest.fixture(scope='module')\ndef ends():\n    yield\n    os._exit(0)\n"
            "def test_ends(ends): pass\n"
        ),
    ),
    "in sessionfinish": (
        "conftest.py",
        (
            "import os\ndef pytest_sessionfinish(session):\n"
            "    if hasattr(session.config, 'workerinput'):\n        os._exit(0)\n"
        ),
    ),
}
"""Where a process ends itself without a word: the file, and its text."""


@pytest.mark.soak
def test_a_kill_at_any_moment_is_red_and_leaves_nothing(
    checkout: Callable[[str], Project],
    rounds: Callable[[int, int], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After a kill in one of two shards it ends, the merge is red and names what was lost, and the next run passes."""
    project = checkout("one")
    assert project.run("-n", "2", "--juncture-shard", "2/2", "tests/integration")[0] == 0
    project.seal()
    other = project.bundle
    assert project.run("-n", "2", "--juncture-shard", "1/2", "tests/integration")[0] == 0
    assert project.merge(other, expect=2)[0] == 0
    seconds = _seconds(project)
    for number in range(rounds(3, 40)):
        victim: Victim = ("controller", "worker", "server")[number % 3]
        verdict = _round(project, other, victim, random.uniform(0.0, seconds))
        with capsys.disabled():  # a soak's log tells each kill and its verdict
            sys.stdout.write(f"\n{number + 1:3}  {verdict}")
        code, output = project.run("-n", "2", "--juncture-shard", "1/2", "tests/integration")
        assert code == 0, f"the run after {verdict} failed:\n{output}"
        assert project.merge(other, expect=2)[0] == 0, verdict
        assert not [name for name in project.databases() if name.startswith(("jn_", "jb_"))]
    wait_until(lambda: not project.processes(), "the idle servers stop", 20.0)


@pytest.mark.parametrize("where", ENDS)
def test_a_process_that_ends_without_a_word_is_red(checkout: Callable[[str], Project], where: str) -> None:
    """``os._exit(0)`` in a test, a teardown or at the session's end never makes a green result."""
    project = checkout("one")
    name, text = ENDS[where]
    (project.folder / "tests" / "integration" / name).write_text(text)
    project.run("-n", "2", "tests/integration")
    code, summary = project.merge()
    assert code == 20, summary
    assert "process-torn" in summary
    if where != "in sessionfinish":
        assert "failed        tests/integration/test_ends.py::test_ends" in summary


def _round(project: Project, other: Path, victim: Victim, delay: float) -> str:
    """Kill one process of a shard and check the verdict of the merge; return what happened in words."""
    process = project.start("-n", "2", "--juncture-shard", "1/2", "tests/integration")
    wait_until(lambda: any(event["event"] == "started" for event in project.events()), "the first test starts")
    time.sleep(delay)
    killed = _kill(project, victim, process)
    try:
        output, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail(f"hung after the kill of the {victim}")
    workers = [event["pid"] for event in project.events() if event["event"] == "opened"]
    wait_until(lambda: not any(alive(pid) for pid in workers), f"the processes end after the kill of the {victim}")
    ended = {event["test"] for event in project.events() if event["event"] == "phase" and event["phase"] == "teardown"}
    code, summary = project.merge(other, expect=2)
    words = f"{victim} after {delay:.2f} s: {len(ended)} of {SHARD} ended, pytest {process.returncode}, merge {code}"
    if killed and process.returncode == 0 and code == 0:
        # Green is right only if the victim had nothing left to do: a server whose tests were all over, or a worker that
        # had closed its journal, as one does when the other has the last test.
        assert victim == "server" or _closed(project, killed), f"{words}\n{output}\n{summary}"
        assert len(ended) == SHARD, f"{words}\n{output}\n{summary}"
    if len(ended) < SHARD:
        assert code != 0, f"{words}\n{output}\n{summary}"
        lost = _bad_cases(project.folder / "merged" / "junit.xml")
        assert lost, f"{words}\n{summary}"
    return words


def _bad_cases(junit: Path) -> list[str]:
    """Return the tests that the merged JUnit file calls an error or a failure."""
    cases = ET.parse(junit).iter("testcase")  # noqa: S314 - our own file
    return [
        case.get("name", "") for case in cases if case.find("error") is not None or case.find("failure") is not None
    ]


def _closed(project: Project, pid: int) -> bool:
    """Tell whether a process came to its journal's end."""
    journals = [read(path) for path in project.bundle.glob("journal-*.jsonl")]
    return any(events[0]["pid"] == pid and events[-1]["event"] == "closed" for events in journals)


def _kill(project: Project, victim: Victim, controller: subprocess.Popen[str]) -> int:
    """Kill one process of the kind; return its number, or 0 where none lived until then."""
    if victim == "controller":
        pids = [controller.pid]
    elif victim == "worker":
        pids = [event["pid"] for event in project.events() if event.get("role") == "worker"]
    else:
        pids = [server.pid for server in project.processes()]
    living = [pid for pid in pids if alive(pid)]
    if controller.poll() is not None or not living:
        return 0
    killed = random.choice(living)
    os.kill(killed, signal.SIGKILL)
    return killed


def _seconds(project: Project) -> float:
    """Return how long the tests of the last run took, from the first start to the last end."""
    times = [event["time"] for event in project.events() if event["event"] in {"started", "phase"}]
    return float(max(times) - min(times))
