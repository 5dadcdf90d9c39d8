"""Kill real processes at random moments: never a hang, never a false green, nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Literal

import pytest
from checkouts import TESTS, Project, alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

Victim = Literal["controller", "worker", "server"]


@pytest.mark.soak
def test_a_kill_at_any_moment_is_red_and_leaves_nothing(
    checkout: Callable[[str], Project],
    rounds: Callable[[int, int], int],
    record_property: Callable[[str, object], None],
) -> None:
    """After a kill the run ends, is red where a test was lost, and the next run passes on clean ground."""
    project = checkout("one")
    assert project.run("-n", "2", "tests/integration")[0] == 0
    seconds = _seconds(project)
    for number in range(rounds(6, 30)):
        victim: Victim = ("controller", "worker", "server")[number % 3]
        verdict = _round(project, victim, random.uniform(0.0, seconds))
        record_property(f"kill {number}", verdict)
        code, output = project.run("-n", "2", "tests/integration")
        assert code == 0, f"the run after {verdict} failed:\n{output}"
        assert project.merge()[0] == 0
        assert not [name for name in project.databases() if name.startswith(("jn_", "jb_"))]
    wait_until(lambda: not project.processes(), "the idle servers stop", 20.0)


def _round(project: Project, victim: Victim, delay: float) -> str:
    """Kill one process and check the verdict; return what happened in words."""
    process = project.start("-n", "2", "tests/integration")
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
    passed = {event["test"] for event in project.events() if event["event"] == "phase" and event["phase"] == "teardown"}
    merged, summary = project.merge()
    words = f"{victim} after {delay:.2f} s: {len(passed)} of {TESTS} ended, pytest {process.returncode}, merge {merged}"
    if killed and process.returncode == 0 and merged == 0:
        # Green is right only if the victim had nothing left to do: a server whose tests were all over.
        assert victim == "server", f"{words}\n{output}\n{summary}"
        assert len(passed) == TESTS, f"{words}\n{output}\n{summary}"
    return words


def _kill(project: Project, victim: Victim, controller: subprocess.Popen[str]) -> bool:
    """Kill one process of the kind; return whether it lived until then."""
    if victim == "controller":
        pids = [controller.pid]
    elif victim == "worker":
        pids = [event["pid"] for event in project.events() if event.get("role") == "worker"]
    else:
        pids = [server.pid for server in project.processes()]
    living = [pid for pid in pids if alive(pid)]
    if controller.poll() is not None or not living:
        return False
    os.kill(random.choice(living), signal.SIGKILL)
    return True


def _seconds(project: Project) -> float:
    """Return how long the tests of the last run took, from the first start to the last end."""
    times = [event["time"] for event in project.events() if event["event"] in {"started", "phase"}]
    return float(max(times) - min(times))
