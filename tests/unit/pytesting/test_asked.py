"""What is asked for on the command line and in the environment."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Literal

import pytest

from juncture.config import parse
from juncture.errors import UsageError
from juncture.pytesting.asked import asked
from juncture.recording.journal import Journal
from juncture.sharding import PlannedTest, ShardNumber, make_plan, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.config import Config

NOTHING = Namespace(juncture_shard=None, juncture_plan=None, juncture_rerun=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with plans over one shard and over three."""
    for shards in (1, 3):
        (tmp_path / f"plan-{shards}.json").write_text(to_json(make_plan([PlannedTest("a", "g")], shards, {})))
    return tmp_path


def test_unasked_it_is_the_only_shard(folder: Path) -> None:
    """A run that is not divided is shard 1 of 1, and leaves no trace in the environment but for its workers."""
    environ: dict[str, str] = {}
    assert asked(NOTHING, environ, role="single", folder=folder).number == ShardNumber(1, 1)
    assert environ == {}


@pytest.mark.parametrize("role", ["single", "controller"])
def test_command_line_comes_before_the_environment(folder: Path, role: Literal["single", "controller"]) -> None:
    """Shard and plan are each taken from the option, else from the variable."""
    environ = {"JUNCTURE_SHARD": "3/3", "JUNCTURE_PLAN": "gone.json"}
    words = Namespace(juncture_shard="2/3", juncture_plan="plan-3.json", juncture_rerun=None)
    assert asked(words, environ, role=role, folder=folder).number == ShardNumber(2, 3)


def test_controller_hands_it_to_its_workers(folder: Path) -> None:
    """A worker has the controller's shard and plan from the environment, whatever its own command line says."""
    environ: dict[str, str] = {}
    words = Namespace(juncture_shard="2/3", juncture_plan="plan-3.json", juncture_rerun=None)
    asked(words, environ, role="controller", folder=folder)
    assert environ == {"JUNCTURE_SHARD": "2/3", "JUNCTURE_PLAN": str(folder / "plan-3.json")}
    other = Namespace(juncture_shard="1/2", juncture_plan="gone.json", juncture_rerun=None)
    worker = asked(other, environ, role="worker", folder=folder / "elsewhere")
    assert worker.number == ShardNumber(2, 3)
    assert environ == {}, "a pytest that a test starts would be divided too"


def test_a_plan_of_one_shard_needs_no_number(folder: Path) -> None:
    """Of one shard there is only one to run; of three it has to be said which."""
    words = Namespace(juncture_shard=None, juncture_plan="plan-1.json", juncture_rerun=None)
    assert asked(words, {}, role="single", folder=folder).number == ShardNumber(1, 1)
    words = Namespace(juncture_shard=None, juncture_plan="plan-3.json", juncture_rerun=None)
    with pytest.raises(UsageError, match=r"^--juncture-plan plan-3\.json: it has 3 shards\n"):
        asked(words, {}, role="single", folder=folder)


def test_where_a_wrong_value_stands_is_said(folder: Path) -> None:
    """A value out of a variable is not blamed on the command line."""
    with pytest.raises(UsageError, match=r'^JUNCTURE_SHARD: "2" is not I/N\n'):
        asked(NOTHING, {"JUNCTURE_SHARD": "2"}, role="single", folder=folder)
    with pytest.raises(UsageError, match=r"^JUNCTURE_PLAN plan-3\.json: it has 3 shards, not 4\n"):
        asked(NOTHING, {"JUNCTURE_SHARD": "2/4", "JUNCTURE_PLAN": "plan-3.json"}, role="single", folder=folder)


def declared(root: Path, **keys: object) -> Config:
    """Return the declaration of a project with these keys."""
    return parse(keys, root=root, kinds={}, project="shop")


GITLAB = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}


def test_ci_platform_divides_integration_runs(folder: Path) -> None:
    """What a platform says of its parallel jobs is heeded, and told with its variables."""
    found = asked(NOTHING, dict(GITLAB), role="single", folder=folder, config=declared(folder), integration=True)
    assert found.number == ShardNumber(2, 3)
    assert found.said == ("shard 2 of 3, as GitLab (CI_NODE_INDEX, CI_NODE_TOTAL) says",)
    session = GITLAB | {"JUNCTURE_SUITE": "integration"}
    assert asked(NOTHING, session, role="controller", folder=folder, config=declared(folder)).number == ShardNumber(
        2, 3
    )
    assert session["JUNCTURE_SHARD"] == "2/3"


@pytest.mark.parametrize(
    ("variables", "integration"), [({}, False), ({"JUNCTURE_SUITE": "unit"}, True), ({"JUNCTURE_RUN": "x"}, True)]
)
def test_ci_platform_divides_nothing_else(folder: Path, variables: dict[str, str], *, integration: bool) -> None:
    """Neither unit tests, nor a run of everything, nor a pytest that a test of a run starts."""
    environ = GITLAB | variables
    config = declared(folder)
    found = asked(NOTHING, environ, role="single", folder=folder, config=config, integration=integration)
    assert (found.number, found.said) == (ShardNumber(1, 1), ())


def test_explicit_shard_comes_before_the_platform(folder: Path) -> None:
    """Who says the shard is not asked what the platform means."""
    environ = GITLAB | {"JUNCTURE_SHARD": "1/4"}
    config = declared(folder, shards=5)
    assert asked(NOTHING, environ, role="single", folder=folder, config=config, integration=True).number.total == 4


def test_platform_must_agree_with_the_declaration(folder: Path) -> None:
    """Three jobs of a suite that is declared to have four shards would lose a quarter."""
    with pytest.raises(UsageError, match=r"^CI_NODE_TOTAL: GitLab runs 3 jobs, 4 shards are declared\n"):
        asked(NOTHING, dict(GITLAB), role="single", folder=folder, config=declared(folder, shards=4), integration=True)


def test_bazel_is_told_that_its_shards_are_heeded(folder: Path) -> None:
    """Without the file that it asks for Bazel takes the test for one that runs everything in each shard."""
    status = folder / "status"
    environ = {"TEST_SHARD_INDEX": "0", "TEST_TOTAL_SHARDS": "2", "TEST_SHARD_STATUS_FILE": str(status)}
    found = asked(NOTHING, environ, role="single", folder=folder, config=declared(folder), integration=True)
    assert found.number == ShardNumber(1, 2)
    assert status.exists()


def test_history_is_the_declared_one(folder: Path) -> None:
    """It counts from the project's folder; a file that is not there yet, or torn, is told and changes nothing else."""
    (folder / "t").mkdir()
    (folder / "t" / "h.json").write_text('{"a": 1.5}')
    environ = {"JUNCTURE_SHARD": "1/2"}
    elsewhere = folder / "elsewhere"
    found = asked(NOTHING, dict(environ), role="single", folder=elsewhere, config=declared(folder, history="t/h.json"))
    assert found.history.time_of("a") == 1_500_000
    assert found.said == ("history of 1 tests from h.json",)
    (folder / "t" / "h.json").write_text('{"a": 1')
    found = asked(NOTHING, dict(environ), role="single", folder=elsewhere, config=declared(folder, history="t/h.json"))
    assert (len(found.history.tests), found.said[0].partition(":")[0]) == (0, "no history")
    found = asked(NOTHING, dict(environ), role="single", folder=elsewhere, config=declared(folder, history="gone.json"))
    assert found.said == ("no history yet: there is no gone.json",)


def test_history_on_the_command_line_has_to_be_one(folder: Path) -> None:
    """What somebody names is not passed over."""
    (folder / "torn.json").write_text("{")
    for name, what in (("torn.json", "not JSON"), ("gone.json", "the history can't be read")):
        config = parse({}, root=folder, kinds={}, project="shop", overrides={"history": name})
        with pytest.raises(UsageError, match=what):
            asked(NOTHING, {"JUNCTURE_SHARD": "1/2"}, role="single", folder=folder, config=config)


def test_workers_have_the_controllers_history(folder: Path) -> None:
    """Its path is absolute, so that it means the same in every process; a test's own processes don't see it."""
    (folder / "h.json").write_text('{"a": 1}')
    environ = {"JUNCTURE_SHARD": "1/2"}
    config = declared(folder, history="h.json")
    asked(NOTHING, environ, role="controller", folder=folder / "elsewhere", config=config)
    assert environ["JUNCTURE_HISTORY"] == str(folder / "h.json")
    config = parse({"history": "other.json"}, root=folder, kinds={}, project="shop", environ=environ)
    found = asked(NOTHING, environ, role="worker", folder=folder / "elsewhere", config=config)
    assert found.history.time_of("a") == 1_000_000
    assert environ == {}


def again(folder: Path) -> Namespace:
    """Return words that ask for a re-run of the bundle ``first``, which an ordinary run left with a failed test."""
    bundle = folder / "first"
    journal = Journal(bundle / "journal-main.jsonl", role="single", worker="main", suite="integration", run="r")
    journal.write("started", test="a")
    journal.write("phase", test="a", phase="setup", outcome="failed", seconds=0.1)
    journal.write("phase", test="a", phase="teardown", outcome="passed", seconds=0.1)
    journal.close(exit=1)
    (bundle / "plan.json").write_text((folder / "plan-1.json").read_text())
    return Namespace(juncture_shard=None, juncture_plan=None, juncture_rerun=["first"])


def test_rerun_is_handed_to_workers(folder: Path) -> None:
    """Controller and worker read the same bundles; the worker takes the variable out of the tests' sight."""
    environ: dict[str, str] = {}
    found = asked(again(folder), environ, role="controller", folder=folder).rerun
    assert found is not None
    assert found.tests == {"a"}
    assert environ["JUNCTURE_RERUN"] == str(folder / "first")
    assert asked(NOTHING, environ, role="worker", folder=folder / "elsewhere").rerun == found
    assert environ == {}


def test_rerun_can_not_obey_a_plan(folder: Path) -> None:
    """What runs again is planned anew, over as many shards as are asked for."""
    words = again(folder)
    words.juncture_plan = "plan-1.json"
    with pytest.raises(UsageError, match=r"^--juncture-plan: a re-run has a plan of its own\n"):
        asked(words, {}, role="single", folder=folder)
    words = again(folder)
    words.juncture_shard = "2/2"
    found = asked(words, {}, role="single", folder=folder)
    assert (found.number, found.rerun is not None) == (ShardNumber(2, 2), True)


def test_rerun_of_a_folder_that_workers_can_not_be_told_of(folder: Path) -> None:
    """The separator of paths is in its name; one process needs no variable."""
    words = again(folder)
    (folder / "first").rename(folder / f"fir{os.pathsep}st")
    words.juncture_rerun = [f"fir{os.pathsep}st"]
    assert asked(words, {}, role="single", folder=folder).rerun
    with pytest.raises(UsageError, match="can't be handed to workers"):
        asked(words, {}, role="controller", folder=folder)
