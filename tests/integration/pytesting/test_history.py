"""Shards of a suite with expensive fixtures, balanced by what a run of it recorded; in real pytest processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from juncture.merging.history import write_history
from juncture.recording.bundle import events_of
from juncture.recording.outcomes import read_run
from juncture.sharding import from_json
from juncture.sharding.history import NO_HISTORY, FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.history_document import history_to_json

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import pytest

@pytest.fixture(scope="session", params=["small", "large"])
def db(request): return request.param

@pytest.fixture(scope="module")
def rows(): return []

@pytest.fixture(scope="class")
def box(): return []

@pytest.fixture(scope="session")
def cheap(): return 1
"""
TESTS = """
import pytest
def test_plain(cheap): pass
def test_rows(rows): pass
def test_db(db): pass
class TestBox:
    def test_one(self, box): pass
    def test_two(self, box, rows): pass
@pytest.mark.xdist_group("shared")
def test_shared(rows): pass
"""
FOLDER = "tests/integration"
SECOND = 1_000_000


class Suite:
    """A project of two modules whose fixtures are shared in all ways that there are."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        """Write the project."""
        self.pytester = pytester
        self.folder = pytester.path
        (self.folder / FOLDER).mkdir(parents=True)
        pytester.makefile(".toml", pyproject='[tool.juncture]\nhistory = "history.json"\n')
        (self.folder / FOLDER / "conftest.py").write_text(CONFTEST)
        for module in "ab":
            (self.folder / FOLDER / f"test_{module}.py").write_text(TESTS)

    def run(self, *words: str) -> pytest.RunResult:
        """Run pytest."""
        return self.pytester.runpytest_subprocess("-W", "error", FOLDER, *words)

    def know(self, *fixtures: tuple[str, str, str, str]) -> None:
        """Write a history in which each test takes a second, and each of these instances a minute."""
        keys = [FixtureKey(FOLDER, *fixture) for fixture in fixtures]
        tests = {
            f"{FOLDER}/test_{module}.py::{name}": KnownTest(1, SECOND)
            for module in "ab"
            for name in ("test_plain", "test_rows", "test_db[small]", "test_db[large]", "TestBox::test_one")
        }
        history = History(tests, {key: KnownFixture(1, 60 * SECOND) for key in keys})
        (self.folder / "history.json").write_text(history_to_json(history))

    def plan(self, *words: str) -> dict[str, Any]:
        """Return the plan that ``juncture plan`` makes."""
        done = subprocess.run(
            [sys.executable, "-m", "juncture", "plan", "--json", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Return the project, in an environment without a run or a CI platform around it."""
    for name in os.environ:
        if name.startswith(("JUNCTURE_", "PYTEST_XDIST_", "CI_")) or name == "CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("JUNCTURE_HOME", str(pytester.path / "home"))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    return Suite(pytester)


def planned(bundle: Path) -> list[set[str]]:
    """Return the tests of each shard in a bundle's plan, without the folder."""
    plan = from_json((bundle / "plan.json").read_text())
    return [{nodeid.removeprefix(f"{FOLDER}/") for nodeid in shard.nodeids} for shard in plan.shards]


@pytest.mark.parametrize("way", [(), ("-n", "2")], ids=" ".join)
def test_shards_gather_what_shares_an_expensive_fixture(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    """Both modules' tests of one parameter of a session's fixture come together, though their modules are parted."""
    suite.know(("db", "session", "0", ""), ("db", "session", "1", ""))
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(suite.folder / "bundle"))
    result = suite.run("--juncture-shard", "1/2", *way)
    result.stdout.fnmatch_lines(["juncture: shard 1 of 2", "juncture: history of 10 tests from history.json"])
    homes = [
        {nodeid.partition("::")[2] for nodeid in shard if "test_db" in nodeid}
        for shard in planned(suite.folder / "bundle")
    ]
    assert sorted(map(sorted, homes)) == [["test_db[large]"], ["test_db[small]"]]


def test_plan_command_knows_the_same_as_the_plugin(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """One job that plans, and jobs that each plan for themselves, come to the same shards."""
    suite.know(("rows", "module", "", f"{FOLDER}/test_a.py"), ("box", "class", "", f"{FOLDER}/test_b.py::TestBox"))
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(suite.folder / "bundle"))
    suite.run("--juncture-shard", "1/2")
    plan = from_json((suite.folder / "bundle" / "plan.json").read_text())
    command = suite.plan("--shards", "2")
    assert command["digest"] == plan.digest
    assert [shard["predicted_seconds"] for shard in command["shards"]] == [s.predicted_seconds for s in plan.shards]
    assert sum(shard["predicted_seconds"] for shard in command["shards"]) >= 120, "both fixtures are charged"


def test_history_of_a_run_has_its_fixtures_and_groups(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run's journals tell becomes a history by which bare node ids make the plan of the collection."""
    bundle = suite.folder / "bundle"
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(bundle))
    text = (suite.folder / FOLDER / "conftest.py").read_text()
    slow = text.replace("def rows(): return []", "def rows(): __import__('time').sleep(0.1); return []")
    (suite.folder / FOLDER / "conftest.py").write_text(slow)
    suite.run("-n", "2").assert_outcomes(passed=14)
    monkeypatch.delenv("JUNCTURE_BUNDLE")
    record = read_run(events_of(bundle))
    history = write_history(suite.folder / "history.json", NO_HISTORY, [record], complete=True)
    rows = {key.of for key in history.fixtures if key.name == "rows"}
    assert rows == {f"{FOLDER}/test_a.py", f"{FOLDER}/test_b.py"}
    assert history.tests[f"{FOLDER}/test_a.py::test_shared"].group == "shared"
    assert history.tests[f"{FOLDER}/test_a.py::TestBox::test_two"].uses == ("rows",)
    assert history.tests[f"{FOLDER}/test_a.py::test_rows"].mean is not None
    assert all(entry.mean < 90_000 for entry in history.tests.values() if entry.mean), "the fixture is not the tests'"
    collected = suite.plan("--shards", "3")
    (suite.folder / "ids.txt").write_text("\n".join(history.tests))
    assert suite.plan("--shards", "3", "--nodeids", "ids.txt")["digest"] == collected["digest"]


def test_torn_history_is_told_and_loses_nothing(suite: Suite) -> None:
    """A cache that brings half a file costs the balance and no test."""
    (suite.folder / "history.json").write_text('{"version": 1, "tests": {"a": {"se')
    results = [suite.run("--juncture-shard", f"{index}/2") for index in (1, 2)]
    assert sum(result.parseoutcomes()["passed"] for result in results) == 14
    results[0].stdout.fnmatch_lines(["juncture: no history: *history.json: not JSON: *"])


@pytest.mark.parametrize(("name", "what"), [("torn.json", "not JSON"), ("gone.json", "the history can't be read")])
def test_history_on_the_command_line_has_to_be_one(suite: Suite, name: str, what: str) -> None:
    """What somebody names is not passed over: one clear message, and no test runs."""
    (suite.folder / "torn.json").write_text("{")
    result = suite.run("--juncture-history", name, "--juncture-shard", "1/2", "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: juncture: *{name}: {what}*"])


@pytest.mark.parametrize("way", [(), pytest.param(("-n", "2"), marks=pytest.mark.long)], ids=" ".join)
def test_job_of_a_ci_platform_finds_its_shard(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    """Of GitLab's two jobs each runs its part, says so in one line, and together they run everything."""
    monkeypatch.setenv("CI_NODE_TOTAL", "2")
    passed = 0
    for index in (1, 2):
        monkeypatch.setenv("CI_NODE_INDEX", str(index))
        result = suite.run(*way)
        said = f"juncture: shard {index} of 2, as GitLab (CI_NODE_INDEX, CI_NODE_TOTAL) says"
        assert result.outlines.count(said) == 1
        passed += result.parseoutcomes()["passed"]
    assert passed == 14
    result = suite.run("--juncture-shard", "1/1", *way)
    result.assert_outcomes(passed=14)
    assert "as GitLab" not in result.stdout.str()


def test_number_that_can_not_be_runs_nothing(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that GitLab can't have is an error before anything starts."""
    monkeypatch.setenv("CI_NODE_TOTAL", "2")
    monkeypatch.setenv("CI_NODE_INDEX", "3")
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: juncture: CI_NODE_INDEX: GitLab counts 2 jobs from 1 to 2, not 3"])


def test_run_of_everything_is_not_divided(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside unit tests a platform's number may mean anything."""
    monkeypatch.setenv("CI_NODE_TOTAL", "2")
    monkeypatch.setenv("CI_NODE_INDEX", "2")
    suite.pytester.runpytest_subprocess("tests").assert_outcomes(passed=14)
