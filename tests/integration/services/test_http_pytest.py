"""Tests of ``juncture.services.http`` in runs of pytest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import coverage
import pytest
from application import APPLICATION

from juncture.sessions import _coverage
from juncture.sessions._arguments import Adopted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.services.conftest import Gone

PYPROJECT = """
[project]
name = "small"
version = "1"
[tool.juncture]
idle = "30s"
[tool.juncture.services.cache]
kind = "redis"
[tool.juncture.services.web]
kind = "http"
command = "python app.py {port}"
ready = "/health"
[tool.juncture.env]
REDIS_URL = "{cache.url}"
WEB_URL = "{web.url}"
"""

TEST = """
import json, os, pytest
from urllib.request import urlopen
@pytest.mark.parametrize("number", range(4))
def test_own(number, services):
    with urlopen(os.environ["WEB_URL"]) as answer:
        told = json.load(answer)
    assert told["environ"]["REDIS_URL"] == services["cache"].url == os.environ["REDIS_URL"]
    open(f"pid-{told['pid']}", "w").close()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a pytester in a project with the application and a Redis."""
    for name in [name for name in os.environ if name.startswith(("JUNCTURE", "COVERAGE"))]:
        monkeypatch.delenv(name)
    for name in ("CI", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(shared_home))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    pytester.makefile(".toml", pyproject=PYPROJECT)
    (pytester.path / "app.py").write_text(APPLICATION)
    (pytester.path / "tests" / "integration").mkdir(parents=True)
    (pytester.path / "tests" / "integration" / "test_it.py").write_text(TEST)
    return pytester


@pytest.mark.parametrize("workers", [0, 2])
def test_pytest_gives_each_worker_its_application(project: pytest.Pytester, workers: int, gone: Gone) -> None:
    """The application runs for as long as the tests do, and the services' lines name it."""
    result = project.runpytest_subprocess("-n", str(workers))
    result.assert_outcomes(passed=4)
    result.stdout.re_match_lines([r" +web +http +process +(starts|one for each worker)"])
    pids = [int(path.name.removeprefix("pid-")) for path in project.path.glob("pid-*")]
    assert len(pids) == max(workers, 1)
    for pid in pids:
        gone(pid)


def test_pytest_tells_each_test_why_its_application_is_not_there(project: pytest.Pytester) -> None:
    """The end of the log is in the report of each integration test; the other tests run."""
    (project.path / "app.py").write_text("raise SystemExit('no such table: orders')")
    (project.path / "tests" / "test_unit.py").write_text("def test_sum(): assert 1 + 1 == 2")
    result = project.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines(["*juncture: service web: python app.py {port}: the process ended with exit code 1*"])
    result.stdout.fnmatch_lines(["*| no such table: orders*"])


def test_application_of_a_unit_run_is_not_started(project: pytest.Pytester) -> None:
    """Nobody waits for what nobody needs."""
    (project.path / "app.py").write_text("import pathlib\npathlib.Path('started').touch()")
    (project.path / "tests" / "test_unit.py").write_text("def test_sum(): assert 1 + 1 == 2")
    project.runpytest_subprocess("tests/test_unit.py").assert_outcomes(passed=1)
    assert not (project.path / "started").exists()


def test_application_is_measured(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it runs while the tests do counts, and is saved when it is told to end."""
    text = _coverage.rcfile({}, Adopted(), context="integration", tests=("tests/integration",))
    (project.path / "coverage.ini").write_text(text)
    monkeypatch.setenv("JUNCTURE_COVERAGE", str(project.path / "coverage.ini"))
    monkeypatch.setenv("JUNCTURE_COVERAGE_DATA", str(project.path / "data"))
    project.runpytest_subprocess("-n", "2").assert_outcomes(passed=4)
    answering = 1 + next(at for at, line in enumerate(APPLICATION.splitlines()) if "self.send_response" in line)
    measured = []
    for path in project.path.glob("data.*"):
        data = coverage.CoverageData(basename=str(path))
        data.read()
        measured += [answering in (data.lines(name) or []) for name in data.measured_files() if name == "app.py"]
    assert measured.count(True) == 2
