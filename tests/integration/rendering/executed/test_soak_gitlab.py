"""What goes wrong in a run of the rendered GitLab pipeline, and what a job that is run again makes of that."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest
from executed import FAILS_AT_FIRST, MUTE, SHOP
from gitlab_local import GitLab
from striking import strike

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from executed import CiProject, Pipeline

pytestmark = pytest.mark.soak

SHARDS = [f"integration: [{number}/3]" for number in (1, 2, 3)]


def shard_of(pipeline: Pipeline, words: str) -> int:
    """Return the shard in whose log these words are."""
    (found,) = [number for number, name in enumerate(SHARDS, 1) if words in pipeline.jobs[name].log]
    return found


def test_shop(new_project: Callable[..., CiProject], tmp_path: Path) -> None:
    """The reference application's whole pipeline is green: unit tests, and shards with services beside and in them."""
    pipeline = GitLab(new_project(SHOP), tmp_path).run()
    assert set(pipeline.results.values()) == {"success"}, pipeline.log
    assert pipeline.result["verdict"] == "passed"
    assert min(pipeline.tests.values()) > 50
    assert pipeline.attempts == {1: 1, 2: 1, 3: 1}
    assert float(pipeline.coverage) > 90


def test_failing_test_and_its_second_attempt(new_project: Callable[..., CiProject], tmp_path: Path) -> None:
    """A failed test is red and named; its job and the merge run again, and the result is whole."""
    project = new_project()
    project.replace("tests/integration/test_west.py", *FAILS_AT_FIRST)
    gitlab = GitLab(project, tmp_path)
    first = gitlab.run()
    failed = shard_of(first, "1 failed")
    expected = dict.fromkeys(["plan", "unit", *SHARDS], "success")
    assert first.results == {**expected, SHARDS[failed - 1]: "failure", "merge": "failure"}, first.log
    assert first.exit_code == 1
    assert first.failed == {"tests/integration/test_west.py::test_moors[4]"}
    assert first.problems == set()

    old = tmp_path / "old"
    shutil.copytree(gitlab.artifact(SHARDS[failed - 1]) / "reports" / "integration", old)
    assert gitlab.run(SHARDS[failed - 1], variables={"JUNCTURE_ATTEMPT": "2"}).results == {
        SHARDS[failed - 1]: "success"
    }
    second = gitlab.run("merge")
    assert second.exit_code == 0, second.log
    assert second.attempts == {1: 1, 2: 1, 3: 1, failed: 2}
    assert second.tests == {"unit": 3, "integration": 9}
    assert second.flaky == set()  # GitLab keeps nothing of a job that was run again

    (bundle,) = old.iterdir()
    shutil.copytree(bundle, gitlab.artifact("unit") / "reports" / "integration" / "of-attempt-1")
    mixed = gitlab.run("merge")
    assert mixed.exit_code == 0, mixed.log
    assert mixed.attempts == second.attempts
    assert mixed.flaky == first.failed


@pytest.mark.parametrize("what", ["processes", "container"])
def test_killed_shard_and_its_second_attempt(new_project: Callable[..., CiProject], tmp_path: Path, what: str) -> None:
    """A shard that was killed at any moment is named and makes the merge red; run again, it makes the result whole."""
    gitlab = GitLab(new_project(), tmp_path)
    delay = random.uniform(0.0, 10.0)
    shard = {"CI_NODE_INDEX": "2", "TRIAL": str(tmp_path)}
    first = gitlab.run(variables={"TRIAL": str(tmp_path)}, during=lambda process: strike(shard, what, delay, process))
    assert first.results[SHARDS[1]] == "failure", first.log
    assert first.results["merge"] == "failure", first.log
    assert first.exit_code == 20, f"after {delay} s: {first.log}"
    assert {shard for _, shard in first.problems} <= {"shard 2", ""}, f"after {delay} s: {first.problems}"
    assert any(shard == "shard 2" for _, shard in first.problems), f"after {delay} s: {first.problems}"

    assert gitlab.run(SHARDS[1]).results == {SHARDS[1]: "success"}
    second = gitlab.run("merge")
    assert second.exit_code == 0, second.log
    assert second.attempts == {1: 1, 2: 1, 3: 1}
    assert second.tests == {"unit": 3, "integration": 9}


def test_service_that_is_never_healthy(new_project: Callable[..., CiProject], tmp_path: Path) -> None:
    """Where a service never answers, juncture says so in each shard, and the merge is red and names all of them."""
    pipeline = GitLab(new_project(postgres=MUTE), tmp_path).run()
    for shard in SHARDS:
        assert pipeline.results[shard] == "failure", pipeline.log
    assert pipeline.results["unit"] == "success"
    assert pipeline.results["merge"] == "failure"
    assert pipeline.exit_code == 20
    assert {shard for _, shard in pipeline.problems} >= {f"shard {number}" for number in (1, 2, 3)}, pipeline.problems


def test_shards_that_never_began(new_project: Callable[..., CiProject], tmp_path: Path) -> None:
    """Where the plan fails the shards are skipped, and the merge is red and names all of them.

    gitlab-ci-local waits for ever for jobs that are skipped, and ends. GitLab goes on with what is to run ``always``:
    the merge is started by its name.
    """
    project = new_project()
    project.replace("tests/integration/test_west.py", "import psycopg\n", "import psycopg2_that_is_not_there\n")
    gitlab = GitLab(project, tmp_path)
    assert gitlab.run().results == {"plan": "failure", "unit": "success"}
    merge = gitlab.run("merge")
    assert merge.results == {"merge": "failure"}, merge.log
    assert merge.exit_code == 20
    missing = {("shard-missing", f"shard {number}") for number in (1, 2, 3)}
    assert merge.problems == {*missing, ("nothing-recorded", "")}  # their folder is there, and empty
