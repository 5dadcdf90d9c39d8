"""Processes that die, or are kept from writing: docs/reference/false-green.md."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from checkouts import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shards import Shards

FIRST = ("-n", "2", "--juncture-shard", "1/2")

WRITER = """
import sys
from pathlib import Path
from juncture.recording.journal import Journal
journal = Journal(Path(sys.argv[1]), role="worker", worker="gw9", suite="integration", shard=2, total=2, attempt=1)
while True:
    journal.write("note", text="x" * 100_000)
"""
"""Writes to a journal without an end."""

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a program that may write no file of more than 1500 bytes: what a full disk looks like to it."""


@pytest.mark.parametrize("moment", ["at the start", "in the middle", "at the end"])
@pytest.mark.parametrize("who", ["controller", "worker"])
def test_a_shard_that_is_killed(killing: Callable[[str], Shards], who: str, moment: str) -> None:
    """SIGKILL of either process, at any moment: what it did counts, and what it left is not whole."""
    shards = killing(f"{who} {moment}")
    code, output = shards.run(*FIRST)
    assert code != 0 or who == "worker", output
    unsealed = shards.merge(shards.project.bundle, shards.bundles[1])
    unsealed.is_red("[bundle-unsealed]", "[process-torn]")
    shards.verdict(shards.bundles[1], expect="integration=2").is_red(
        f"{'gw' if who == 'worker' else who}", "process-torn"
    )


def test_a_worker_that_crashes_in_the_last_test(killing: Callable[[str], Shards]) -> None:
    """Nothing is left to hand to another worker, so that nobody misses it; the test in flight is an error."""
    shards = killing("worker in the last test")
    shards.run(*FIRST)
    verdict = shards.verdict(shards.bundles[1], expect="integration=2")
    verdict.is_red("failed        tests/unit/test_add.py::test_not_yet", "ended while this test ran", "[process-torn]")


def test_workers_that_never_load_their_conftest(shards: Shards) -> None:
    """With ``--max-worker-restart 0`` such a run of xdist may end with exit code 0 (pytest-xdist#814)."""
    text = "import os\nif 'PYTEST_XDIST_WORKER' in os.environ:\n    raise ImportError('not here')\n"
    shards.write("conftest.py", text)
    shards.run(*FIRST, "--max-worker-restart", "0")
    verdict = shards.verdict(shards.bundles[1], expect="integration=2")
    verdict.is_red("gw0 came to no orderly end (shard 1)  [process-torn]", "5 planned tests of shard 1 never ran")


def test_a_process_that_is_killed_while_it_writes(shards: Shards) -> None:
    """Really killed while it writes; a line that is torn then is the last one, and no closing line follows."""
    bundle = shards.bundles[1]
    path = bundle / "journal-gw9.jsonl"
    for _ in range(3):
        path.unlink(missing_ok=True)
        with _killed(sys.executable, "-c", WRITER, str(path)) as writer:
            wait_until(partial(_is_larger, path, random.randrange(5_000_000)), "it writes")
        assert writer.returncode == -signal.SIGKILL
        shards.project.juncture("seal", str(bundle))
        shards.merge().is_red("gw9 came to no orderly end (shard 2)  [process-torn]")


@contextmanager
def _killed(*program: str, folder: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, and kill it at the end of the block."""
    with subprocess.Popen(program, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _is_larger(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size > size


def test_a_line_that_was_not_written_to_its_end(killing: Callable[[str], Shards]) -> None:
    """The kernel completes small writes even of a process that dies: a lost machine is what cuts a line."""
    shards = killing("worker in the middle")
    shards.run(*FIRST)
    whole = {path: path.read_bytes() for path in shards.project.bundle.glob("journal-gw*.jsonl")}
    torn = [path for path, data in whole.items() if b'"closed"' not in data]
    assert torn
    for _ in range(2):
        for path in torn:
            last = len(whole[path].rstrip(b"\n")) - whole[path].rstrip(b"\n").rfind(b"\n")
            path.write_bytes(whole[path][: -random.randrange(1, last)])
        shards.verdict(shards.bundles[1], expect="integration=2").is_red("[process-torn]")


def test_a_full_disk(shards: Shards) -> None:
    """A journal that can't be written to its end proves nothing of what came after."""
    shards.project.within = (sys.executable, "-c", LIMITED)
    shards.project.measured = False
    shards.run()
    shards.verdict().is_red("process-torn")


@pytest.mark.soak
def test_a_merge_that_is_killed(shards: Shards, rounds: Callable[[int, int], int]) -> None:
    """A kill at any moment leaves a whole new result or none, and never the green one of before."""
    result = shards.out / "result.json"
    words = ["merge", "--out", str(shards.out), "--expect", "integration=2", str(shards.bundles[0])]
    program = (sys.executable, "-m", "juncture", *words)
    ends = {"new": 0, "none": 0}
    for _ in range(rounds(6, 100)):
        shards.merge().is_green()
        assert '"verdict": "passed"' in result.read_text()
        with _killed(*program, folder=shards.project.folder) as merge:
            # Until it is gone the merge has not begun: nobody can take a result away in no time.
            wait_until(lambda: not result.exists(), "the older result is taken away")
            if random.random() < 0.8:
                _wait_a_random_moment(merge)
        if result.exists():
            assert '"verdict": "incomplete"' in result.read_text()
            assert "this test never ran" in (shards.out / "junit.xml").read_text()
        ends["new" if result.exists() else "none"] += 1
    shards.merge().is_green()
    assert not list(shards.out.glob("*.new")), ends


def _wait_a_random_moment(process: subprocess.Popen[bytes]) -> None:
    """Wait up to half a second, or for the end of a process."""
    try:
        process.wait(random.uniform(0.0, 0.5))
    except subprocess.TimeoutExpired:
        return


def test_a_merge_that_is_refused(shards: Shards) -> None:
    """A slip in its words leaves no older green result behind either."""
    shards.merge().is_green()
    shards.merge(expect="integration=two").is_red('"integration=two" is not SUITE=N', code=4)
    assert not (shards.out / "result.json").exists()


def test_the_clock_goes_backwards(shards: Shards) -> None:
    """Times are told, and prove nothing: the result is that of all tests."""
    shards.write(
        "conftest.py",
        "import time\nBEGAN = time.time()\nASKED = [0]\n\ndef back():\n    ASKED[0] += 1\n"
        "    return BEGAN - 60 * ASKED[0]\n\ntime.time = back\n",
    )
    assert shards.run("-n", "2")[0] == 0
    shards.verdict().is_green()
