"""Tests in quarantine, in real pytest processes: what is excused, what is not, and what the merge makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from juncture.config import load
from juncture.merging.merge import Order, merge
from juncture.recording.bundle import seal

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.merging.values import Merged

TODAY = datetime.now(UTC).date()
WAYS = pytest.mark.parametrize("way", [(), ("-n", "2", "--dist", "loadgroup")], ids=["alone", "workers"])


class Project:
    """A project with one test in quarantine, and its last bundle."""

    def __init__(self, pytester: pytest.Pytester, bundle: Path) -> None:
        """Keep the folder; the bundle is written by each run."""
        self.pytester = pytester
        self.bundle = bundle

    def write(self, test: str, *, days: int = 1) -> None:
        """Write the only module, and a declaration that excuses ``test_moody`` for so many days."""
        until = (TODAY + timedelta(days=days)).isoformat()
        entry = f'{{ until = {until}, reason = "sends twice" }}'
        text = f'[tool.juncture.quarantine]\n"tests/integration/test_it.py::test_moody" = {entry}\n'
        self.pytester.makefile(".toml", pyproject=f"[project]\nname = 'p'\nversion = '1'\n{text}")
        folder = self.pytester.path / "tests" / "integration"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "test_it.py").write_text(f"import pytest\ndef test_good(): pass\n{test}")

    def merge(self) -> Merged:
        """Return the merged result of the last run."""
        seal(self.bundle, {"PATH": "/nowhere"})
        config = load(self.pytester.path, kinds={}, environ={})
        return merge(Order(out=self.bundle / "out", expect={"integration": 1}, bundles=[self.bundle], config=config))


@pytest.fixture
def project(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project whose runs are recorded."""
    for name in ("CI", "JUNCTURE_RUN", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    monkeypatch.setenv("JUNCTURE_SUITE", "integration")
    return Project(pytester, tmp_path / "bundle")


@WAYS
def test_a_failure_in_quarantine_is_excused_and_told(project: Project, way: tuple[str, ...]) -> None:
    """The run ends green, names it, and the merge does the same; the JUnit file keeps the failure."""
    project.write("@pytest.mark.xdist_group('g')\ndef test_moody(): assert 0\n")
    result = project.pytester.runpytest_subprocess(*way)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["quarantine *test_moody*: excused until *: sends twice"])
    merged = project.merge()
    assert merged.verdict == "passed"
    assert list(merged.suites[0].quarantined) == ["tests/integration/test_it.py::test_moody"]
    assert 'failures="1"' in (project.bundle / "out" / "junit.xml").read_text()


@WAYS
def test_nothing_else_is_excused(project: Project, way: tuple[str, ...]) -> None:
    """Another failure beside it is as red as ever, and is the only one listed as such."""
    project.write("def test_moody(): assert 0\ndef test_bad(): assert 0\n")
    assert project.pytester.runpytest_subprocess(*way).ret == pytest.ExitCode.TESTS_FAILED
    merged = project.merge()
    assert merged.verdict == "failed"
    assert [test.nodeid for test in merged.suites[0].failed] == ["tests/integration/test_it.py::test_bad"]


def test_an_error_that_no_test_met_is_not_excused(project: Project) -> None:
    """A module that can't be collected stays an error, whatever is in quarantine."""
    project.write("def test_moody(): assert 0\n")
    (project.pytester.path / "tests" / "integration" / "test_broken.py").write_text("def test_(:\n")
    assert project.pytester.runpytest_subprocess("--continue-on-collection-errors").ret != pytest.ExitCode.OK
    assert project.merge().verdict == "incomplete"


def test_after_its_last_day_nothing_is_excused(project: Project) -> None:
    """The failure counts again, and the run says which entry has ended."""
    project.write("def test_moody(): assert 0\n", days=-1)
    result = project.pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["quarantine *test_moody: it ended on *"])
    assert project.merge().verdict == "failed"


def test_a_crash_in_quarantine_is_red(project: Project) -> None:
    """A process that died proves nothing about what it still had to do."""
    project.write("import os\ndef test_moody(): os._exit(1)\n")
    project.pytester.runpytest_subprocess("-n", "2")
    assert project.merge().verdict == "incomplete"


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_a_run_that_stopped_after_a_failure_in_quarantine_is_red(project: Project, option: str) -> None:
    """The tests behind it never ran."""
    project.write("def test_moody(): assert 0\ndef test_later(): pass\n")
    assert project.pytester.runpytest_subprocess(option).ret != pytest.ExitCode.OK
    merged = project.merge()
    assert [problem.code for problem in merged.all_problems] == ["test-missing"]


GATE = """
import pytest
@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    result = yield
    if not hasattr(session.config, "workerinput"):
        {act}
    return result
"""


@WAYS
@pytest.mark.parametrize("act", ["session.testsfailed += 1", "session.shouldfail = 'too slow'"])
def test_a_gate_beside_a_failure_in_quarantine_is_red(project: Project, way: tuple[str, ...], act: str) -> None:
    """Another plugin made the run red, as pytest-cov does for too little coverage; the merge can only see the code."""
    project.write("def test_moody(): assert 0\n")
    project.pytester.makeconftest(GATE.format(act=act))
    assert project.pytester.runpytest_subprocess(*way).ret == pytest.ExitCode.TESTS_FAILED
    assert [problem.code for problem in project.merge().all_problems] == ["run-broken"]


def test_several_failures_of_one_test_in_quarantine_are_excused(project: Project) -> None:
    """Its call and its teardown, and an expected failure that is none, are as many as pytest counts."""
    project.write(
        "@pytest.fixture\n"
        "def broken():\n"
        "    yield\n"
        "    assert 0\n"
        "@pytest.mark.xfail(strict=True)\n"
        "def test_moody(broken): pass\n"
    )
    assert project.pytester.runpytest_subprocess().ret == pytest.ExitCode.OK
    assert project.merge().verdict == "passed"
