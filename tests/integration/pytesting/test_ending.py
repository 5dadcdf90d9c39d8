"""A worker whose last plugin is slow, or ends the process: what was recorded and measured until then is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.recording.journal import read

if TYPE_CHECKING:
    from pathlib import Path

SLOW = """
import os
def pytest_terminal_summary(config):
    if hasattr(config, "workerinput"):
        os.kill(os.getpid(), 9)  # what xdist does to a worker that takes 10 s here
"""
EARLY = """
import os
def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        os._exit(0)
"""


@pytest.fixture
def bundle(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a project with two tests, which is measured; return where its next run is recorded."""
    for name in ("CI", "JUNCTURE_RUN", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / "coverage.ini"
    settings.write_text("[run]\nsource = .\nparallel = true\ndata_file = ${JUNCTURE_COVERAGE_DATA-data}\n")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    monkeypatch.setenv("JUNCTURE_COVERAGE", str(settings))
    monkeypatch.setenv("JUNCTURE_COVERAGE_DATA", str(tmp_path / "bundle" / "coverage" / "data"))
    (tmp_path / "bundle" / "coverage").mkdir(parents=True)
    pytester.makefile(".toml", pyproject="[tool.juncture]\n")
    pytester.makepyfile(test_it="def test_one(): pass\ndef test_two(): pass\n")
    return tmp_path / "bundle"


@pytest.mark.parametrize(("conftest", "closed"), [(SLOW, True), (EARLY, False)], ids=["in its summary", "before it"])
def test_a_worker_that_is_killed_at_its_end(
    pytester: pytest.Pytester,
    bundle: Path,
    conftest: str,
    closed: bool,  # noqa: FBT001 - a case
) -> None:
    """After its tests nothing of it can be lost; one that ends before its session is over is torn."""
    pytester.makeconftest(conftest)
    pytester.runpytest_subprocess("-n", "1")
    events = read(bundle / "journal-gw0.jsonl")
    assert sum(event.get("phase") == "teardown" for event in events) == 2
    assert (events[-1]["event"] == "closed") == closed
    assert bool(list((bundle / "coverage").glob("data.*"))) == closed
