"""Re-runs in real pytest processes: what runs again, and what is refused."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from juncture.recording.bundle import manifest_of, seal
from juncture.recording.journal import read
from juncture.recording.packing import pack
from juncture.sharding import from_json

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import os, pytest
MODE = os.environ.get("MODE", "")

@pytest.fixture
def broken():
    assert MODE != "bad", "no fixture"

def test_good(): pass
def test_bad(): assert MODE != "bad"
def test_error(broken): pass
@pytest.mark.parametrize("n", range(3))
def test_many(n):
    assert "JUNCTURE_RERUN" not in os.environ
    if MODE == "exit" and n == 1:
        os._exit(0)
"""
OTHER = "def test_other(): pass\n"
WORKERS = pytest.param(("-n", "2"), id="-n 2", marks=pytest.mark.long)
WAYS = pytest.mark.parametrize("way", [(), WORKERS, ("-n", "2", "--dist", "loadgroup")], ids=" ".join)


class Project:
    """Seven tests in two modules; each run has a bundle of its own."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write the project."""
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self.folder = pytester.path
        pytester.makefile(".toml", pyproject="[tool.juncture]\n")
        pytester.makepyfile(test_it=TESTS, test_other=OTHER)

    def run(self, bundle: str, *words: str, mode: str = "", sealed: bool = True) -> pytest.RunResult:
        """Run pytest into a new bundle."""
        self._monkeypatch.setenv("MODE", mode)
        self._monkeypatch.setenv("JUNCTURE_BUNDLE", str(self.folder / "bundles" / bundle))
        result = self._pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *words)
        if sealed:
            seal(self.folder / "bundles" / bundle, {})
        return result

    def ran(self, bundle: str) -> list[str]:
        """Return the names of the tests that a run started."""
        events = [event for path in (self.folder / "bundles" / bundle).glob("journal-*") for event in read(path)]
        return sorted(event["test"].partition("::")[2] for event in events if event["event"] == "started")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return the project, in an environment without a run around it."""
    for name in os.environ:
        if name.startswith(("JUNCTURE_", "PYTEST_XDIST_")) or name == "CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("JUNCTURE_HOME", str(pytester.path / "home"))
    return Project(pytester, monkeypatch)


@WAYS
def test_only_what_failed_runs_again(project: Project, way: tuple[str, ...]) -> None:
    """A failure and an error, planned anew; the bundle says which run they are of, and the tests see nothing of it."""
    assert project.run("first", *way, mode="bad").ret == pytest.ExitCode.TESTS_FAILED
    result = project.run("again", *way, "--juncture-rerun", "bundles/first")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["juncture: runs 2 tests again that failed or never ran (of 7)"])
    assert project.ran("again") == ["test_bad", "test_error"]
    again = project.folder / "bundles" / "again"
    assert [nodeid for shard in from_json((again / "plan.json").read_text()).shards for nodeid in shard.nodeids] == [
        "test_it.py::test_bad",
        "test_it.py::test_error",
    ]
    first, second = (manifest_of(again.with_name(name)) for name in ("first", "again"))
    opened = {read(path)[0].get("rerun") for path in again.glob("journal-*")}
    assert first.rerun == ""
    assert opened == {second.rerun} != {""}


@pytest.mark.parametrize("way", [(), ("-n", "2")], ids=" ".join)
def test_what_never_ran_runs_again(project: Project, way: tuple[str, ...]) -> None:
    """A process that ended in the middle of a test, and a shard that never came: over two shards, once each."""
    project.run("one", "--juncture-shard", "1/2", mode="exit", sealed=False)
    assert "test_many[1]" in project.ran("one")
    bundles = project.folder / "bundles"
    for number in ("1", "2"):
        words = ("--juncture-rerun", str(bundles / "one"), "--juncture-shard", f"{number}/2")
        result = project.run(f"again-{number}", *way, *words)
        assert result.ret == pytest.ExitCode.OK
        result.stdout.fnmatch_lines(["juncture: shard ? of 2", "juncture: runs 7 tests again * (of 7)"])
    assert len(project.ran("again-1") + project.ran("again-2")) == 7
    assert set(project.ran("again-1")).isdisjoint(project.ran("again-2"))


@pytest.mark.parametrize("way", [(), WORKERS], ids=" ".join)
def test_nothing_to_run_again_is_green(project: Project, way: tuple[str, ...]) -> None:
    """Exit code 0, and one line that says so."""
    assert project.run("first").ret == pytest.ExitCode.OK
    result = project.run("again", *way, "--juncture-rerun", "bundles")
    assert result.ret == pytest.ExitCode.OK
    line = "juncture: nothing of the earlier run failed or never ran, so nothing runs again"
    assert result.stdout.str().count(line) == 1
    assert project.ran("again") == []


def test_bundles_may_be_packed_and_named_by_the_variable(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the folder of a download of all artifacts, in which bundles of re-runs are left out."""
    project.run("first", mode="bad")
    project.run("before", "--juncture-rerun", "bundles/first", mode="bad")
    bundles = project.folder / "bundles"
    for name in ("first", "before"):
        pack(bundles / name)
        shutil.rmtree(bundles / name)
    monkeypatch.setenv("JUNCTURE_RERUN", os.pathsep.join(["bundles", str(bundles / "*.zip")]))
    result = project.run("again", "-n", "2")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["juncture: runs 2 tests again *", "juncture: leaves before out: *"])
    assert project.ran("again") == ["test_bad", "test_error"]


@pytest.mark.parametrize("way", [(), WORKERS], ids=" ".join)
def test_what_was_not_collected_is_named(project: Project, way: tuple[str, ...]) -> None:
    """A test that is gone, or is not selected, can't run again: no test runs."""
    project.run("first", mode="bad")
    result = project.run("again", *way, "--juncture-rerun", "bundles/first", "-k", "not bad")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert "what has to run again was not collected: test_it.py::test_bad" in text
    assert "Traceback" not in text
    assert project.ran("again") == []


def damaged(bundle: Path) -> None:
    """Change a file after the seal."""
    with (bundle / "journal-main.jsonl").open("a") as file:
        file.write("\n")


def unplanned(bundle: Path) -> None:
    """Lose the plan before the seal."""
    (bundle / "plan.json").unlink()
    seal(bundle, {})


@pytest.mark.parametrize(
    ("befalls", "words", "said"),
    [
        (None, ("--juncture-rerun", "bundles/first", "--juncture-plan", "plan.json"), "a re-run has a plan of its own"),
        (None, ("--juncture-rerun", "bundles/none"), "none: there is no such bundle"),
        (damaged, ("--juncture-rerun", "bundles/first"), "first is damaged: journal-main.jsonl was changed"),
        (unplanned, ("--juncture-rerun", "bundles/first"), "these bundles have no plan in common"),
        (None, ("--juncture-rerun", "bundles/again"), "again is of a re-run itself"),
    ],
)
def test_bundles_that_do_not_tell_are_refused(
    project: Project, befalls: object, words: tuple[str, ...], said: str
) -> None:
    """Each in one message, with the next step."""
    project.run("first", mode="bad")
    project.run("again", "--juncture-rerun", "bundles/first", mode="bad")
    if callable(befalls):
        befalls(project.folder / "bundles" / "first")
    result = project.run("third", *words, sealed=False)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_suites_are_told_apart(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of one suite takes its bundles alone; a run of none has to be told which."""
    for suite in ("unit", "integration"):
        monkeypatch.setenv("JUNCTURE_SUITE", suite)
        project.run(suite, mode="bad" if suite == "unit" else "")
    assert project.run("again", "--juncture-rerun", "bundles").ret == pytest.ExitCode.OK
    assert project.ran("again") == []
    monkeypatch.setenv("JUNCTURE_SUITE", "other")
    stderr = project.run("more", "--juncture-rerun", "bundles", sealed=False).stderr.str()
    assert "no bundle is of the suite other: these are of integration, unit" in stderr
    monkeypatch.delenv("JUNCTURE_SUITE")
    stderr = project.run("most", "--juncture-rerun", "bundles", sealed=False).stderr.str()
    assert "the bundles are of several suites: integration, unit" in stderr


def test_outside_a_project_it_is_refused(pytester: pytest.Pytester) -> None:
    """Where nothing would heed it, all tests would run."""
    pytester.makefile(".toml", pyproject="[project]\nname = 'plain'\n")
    result = pytester.runpytest_subprocess("--juncture-rerun", "bundles")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--juncture-rerun: no pyproject.toml here" in result.stderr.str()
