"""The tasks ``seal`` and ``merge`` as processes: what they take, and what of it is sealed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from juncture.recording.bundle import MANIFEST
from juncture.recording.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run

MERGE = ("merge", "--out", "out", "--expect", "unit=1", "--expect", "integration=1")


@pytest.fixture
def bundles(project: Path) -> Path:
    """Return a folder of two bundles that nobody has sealed, each of one suite with one test that passed."""
    for suite in ("unit", "integration"):
        journal = Journal(project / "bundles" / suite / "journal-main.jsonl", suite=suite, run="r")
        test = f"tests/{suite}/test_a.py::test_it"
        journal.write("collected", tests=[{"id": test, "group": "g", "fixtures": []}])
        journal.write("started", test=test)
        for phase in ("setup", "call", "teardown"):
            journal.write("phase", test=test, phase=phase, outcome="passed", seconds=0.1)
        journal.close(exit=0)
    return project / "bundles"


def names(folder: Path) -> list[str]:
    """Return the names of the bundles below a folder that are sealed."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))


@pytest.mark.parametrize("named", [["bundles"], ["bundles/*"], ["bundles/unit", "bundles/integration"]])
def test_seal_takes_all_that_merge_takes(project: Path, bundles: Path, run: Run, named: list[str]) -> None:
    """A folder of bundles, a pattern that no shell expanded, and bundles by their names."""
    done = run(project, *MERGE, "--seal", *named)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 passed") == 2
    assert names(bundles) == ["integration", "unit"]


def test_seal_leaves_what_it_can_not_seal_to_the_proof(project: Path, bundles: Path, run: Run) -> None:
    """One bundle that is packed, one that is not there and one that is empty keep no other from being sealed."""
    assert run(project, "seal", "--zip", "bundles/unit").returncode == 0
    shutil.rmtree(bundles / "unit")
    (bundles / "empty").mkdir()
    done = run(project, *MERGE, "--seal", "bundles/empty", "bundles/gone", "bundles/unit.zip", "bundles/integration")
    assert done.returncode == 20, done.stdout + done.stderr
    assert "empty: it holds no journal" in done.stdout
    assert "gone: there is no such bundle" in done.stdout
    assert done.stdout.count("1 passed") == 2
    assert names(bundles) == ["integration"]


def test_folders_that_can_not_be_written_are_no_defect(project: Path, bundles: Path, run: Run) -> None:
    """Exit code 4 and the next step, and no traceback."""
    (bundles / "unit" / MANIFEST).mkdir()
    for words in (("seal", "bundles/unit"), ("merge", "--out", "/proc/self", "--expect", "unit=1", "bundles/unit")):
        done = run(project, *words)
        assert done.returncode == 4, done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 2
