"""Runs whose journal can't be written: the tests' own results stay, and the run says once what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from juncture.recording.journal import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from recorded import Recorded

TOLD = "juncture: this run is not recorded as a whole, and its merge will say so: "

LOUD = """
import pytest
@pytest.mark.parametrize("number", range(40))
def test_loud(number):
    print("x" * 15_000)
    assert number % 2
"""


def told(run: Recorded) -> list[str]:
    """Return what the run told about its record."""
    return [line.removeprefix(TOLD) for line in run.result.errlines if line.startswith("juncture")]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in a file system of 128 kB, where this user may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    ("options", "names"), [((), ["main"]), (("-n", "2"), ["gw0", "gw1"])], ids=["one process", "two workers"]
)
def test_full_disk_changes_no_result(
    record: Callable[..., Recorded], tiny: Path, options: tuple[str, ...], names: list[str]
) -> None:
    """The journals stop where the disk was full, and say no more; the end of the run tells so, once."""
    run = record(LOUD, *options, into=tiny / "bundle")
    run.result.assert_outcomes(passed=20, failed=20)
    assert run.result.ret == pytest.ExitCode.TESTS_FAILED
    (line,) = told(run)
    assert "No space left on device" in line
    broken = [name for name in names if f"journal-{name}.jsonl" in line]
    assert broken
    for name in broken:
        events = read(tiny / "bundle" / f"journal-{name}.jsonl")
        assert events[0]["event"] == "opened"
        assert events[-1]["event"] != "closed"
        assert name in run.record.torn


LIMITED = """
import resource, signal
def pytest_sessionstart():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
"""
LIFTED = """
def test_z():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
"""


def test_largest_size_of_a_file_changes_no_result(record: Callable[..., Recorded]) -> None:
    """As on a full disk, but for any user; the limit is lifted before the end, and nothing more is written."""
    run = record(LOUD + LIFTED, conftest=LIMITED)
    run.result.assert_outcomes(passed=21, failed=20)
    (line,) = told(run)
    assert "journal-main.jsonl: " in line
    assert run.record.torn == ("main",)
    assert run.journals["journal-main.jsonl"][-1]["event"] != "closed"


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_bundle_that_vanished_is_told(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """A test that cleans up too much takes the evidence with it, but not the results."""
    run = record("import os, shutil, pathlib\ndef test_a(): shutil.rmtree(pathlib.Path('bundle').absolute())", *options)
    run.result.assert_outcomes(passed=1)
    assert run.result.ret == pytest.ExitCode.OK
    assert any("it was removed while the run was on" in line for line in told(run))
    assert run.journals == {}


def test_bundle_in_a_files_place_is_told(record: Callable[..., Recorded], tmp_path: Path) -> None:
    """No folder can be made there: the tests run, and nothing is recorded."""
    (tmp_path / "file").write_text("")
    run = record("def test_a(): pass", into=tmp_path / "file" / "bundle")
    run.result.assert_outcomes(passed=1)
    assert run.result.ret == pytest.ExitCode.OK
    assert told(run) == [f"{tmp_path}/file/bundle/journal-main.jsonl: Not a directory"]


def test_read_only_bundle_is_told(record: Callable[..., Recorded], tiny: Path) -> None:
    """Root may write into any folder, but into no read-only file system."""
    subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
    run = record("def test_a(): pass", "-n", "1", into=tiny)
    run.result.assert_outcomes(passed=1)
    (first, *_) = told(run)
    assert "Read-only file system" in first


def test_clock_that_is_set_back_changes_no_order(record: Callable[..., Recorded]) -> None:
    """Time in a journal is steady, and so are the seconds of fixtures."""
    run = record(
        "import pytest, time\n@pytest.fixture(scope='module')\ndef slow(): time.perf_counter = lambda: -1.0\n"
        "def test_a(slow): time.time = lambda: 0.0; time.monotonic = lambda: 0.0\ndef test_b(): pass",
        conftest="import time\nday = time.time\ntime.time = lambda: day() - 86_400",
    )
    (events,) = run.journals.values()
    times = [event["time"] for event in events]
    assert times == sorted(times)
    assert times[-1] - times[0] < 3600
    assert all(event["seconds"] >= 0 for event in run.events("fixture"))
