"""What is asked for on the command line and in the environment."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Literal

import pytest

from juncture.errors import UsageError
from juncture.pytesting.sharding import requested
from juncture.sharding import PlannedTest, ShardNumber, make_plan, to_json

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Namespace(juncture_shard=None, juncture_plan=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with plans over one shard and over three."""
    for shards in (1, 3):
        (tmp_path / f"plan-{shards}.json").write_text(to_json(make_plan([PlannedTest("a", "g")], shards, {})))
    return tmp_path


def test_unasked_it_is_the_only_shard(folder: Path) -> None:
    """A run that is not divided is shard 1 of 1, and leaves no trace in the environment but for its workers."""
    environ: dict[str, str] = {}
    assert requested(NOTHING, environ, role="single", folder=folder).number == ShardNumber(1, 1)
    assert environ == {}


@pytest.mark.parametrize("role", ["single", "controller"])
def test_command_line_comes_before_the_environment(folder: Path, role: Literal["single", "controller"]) -> None:
    """Shard and plan are each taken from the option, else from the variable."""
    environ = {"JUNCTURE_SHARD": "3/3", "JUNCTURE_PLAN": "gone.json"}
    asked = Namespace(juncture_shard="2/3", juncture_plan="plan-3.json")
    assert requested(asked, environ, role=role, folder=folder).number == ShardNumber(2, 3)


def test_controller_hands_it_to_its_workers(folder: Path) -> None:
    """A worker has the controller's shard and plan from the environment, whatever its own command line says."""
    environ: dict[str, str] = {}
    asked = Namespace(juncture_shard="2/3", juncture_plan="plan-3.json")
    requested(asked, environ, role="controller", folder=folder)
    assert environ == {"JUNCTURE_SHARD": "2/3", "JUNCTURE_PLAN": str(folder / "plan-3.json")}
    other = Namespace(juncture_shard="1/2", juncture_plan="gone.json")
    worker = requested(other, environ, role="worker", folder=folder / "elsewhere")
    assert worker.number == ShardNumber(2, 3)
    assert environ == {}, "a pytest that a test starts would be divided too"


def test_a_plan_of_one_shard_needs_no_number(folder: Path) -> None:
    """Of one shard there is only one to run; of three it has to be said which."""
    asked = Namespace(juncture_shard=None, juncture_plan="plan-1.json")
    assert requested(asked, {}, role="single", folder=folder).number == ShardNumber(1, 1)
    asked = Namespace(juncture_shard=None, juncture_plan="plan-3.json")
    with pytest.raises(UsageError, match=r"^--juncture-plan plan-3\.json: it has 3 shards\n"):
        requested(asked, {}, role="single", folder=folder)


def test_where_a_wrong_value_stands_is_said(folder: Path) -> None:
    """A value out of a variable is not blamed on the command line."""
    with pytest.raises(UsageError, match=r'^JUNCTURE_SHARD: "2" is not I/N\n'):
        requested(NOTHING, {"JUNCTURE_SHARD": "2"}, role="single", folder=folder)
    with pytest.raises(UsageError, match=r"^JUNCTURE_PLAN plan-3\.json: it has 3 shards, not 4\n"):
        requested(NOTHING, {"JUNCTURE_SHARD": "2/4", "JUNCTURE_PLAN": "plan-3.json"}, role="single", folder=folder)
