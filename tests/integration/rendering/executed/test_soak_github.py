"""What goes wrong in a run of the rendered GitHub workflow, and what its second attempt makes of that."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from act import GitHub
from executed import FAILS_AT_FIRST, MUTE, SHOP
from striking import strike

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from executed import CiProject, Pipeline, Result

pytestmark = pytest.mark.soak

GOOD: dict[str, Result] = {"plan": "success", "unit": "success"}


def shard_of(pipeline: Pipeline, words: str) -> int:
    """Return the shard in whose log these words are."""
    (found,) = [name for name in pipeline.jobs if name.startswith("integration ") and words in pipeline.jobs[name].log]
    return int(found.removeprefix("integration "))


@pytest.mark.parametrize("container", [True, False], ids=["in a container", "on the runner"])
def test_shop(new_project: Callable[..., CiProject], tmp_path: Path, *, container: bool) -> None:
    """The reference application's whole workflow is green: unit tests, and shards with services beside and in them."""
    pipeline = GitHub(new_project(SHOP, container=container), tmp_path).run()
    assert set(pipeline.results.values()) == {"success"}, pipeline.log
    assert pipeline.result["verdict"] == "passed"
    assert min(pipeline.tests.values()) > 50
    assert len(pipeline.result["suites"][1]["shards"]) == 3


def test_failing_test_and_its_second_attempt(new_project: Callable[..., CiProject], tmp_path: Path) -> None:
    """A failed test is red and named; its leg alone runs again, and with both attempts merged it is flaky."""
    project = new_project()
    project.replace("tests/integration/test_west.py", *FAILS_AT_FIRST)
    github = GitHub(project, tmp_path)
    first = github.run()
    failed = shard_of(first, "1 failed")
    others = {f"integration {number}": "success" for number in (1, 2, 3)}
    assert first.results == {**GOOD, **others, f"integration {failed}": "failure", "merge": "failure"}, first.log
    assert first.exit_code == 1
    assert first.result["verdict"] == "failed"
    assert first.failed == {"tests/integration/test_west.py::test_moors[4]"}
    assert first.problems == set()

    second = github.run(reused=GOOD, legs={"shard": str(failed)})
    assert second.results == {**GOOD, f"integration {failed}": "success", "merge": "success"}, second.log
    assert second.exit_code == 0
    assert second.attempts == {1: 1, 2: 1, 3: 1, failed: 2}
    assert second.tests == {"unit": 3, "integration": 9}
    assert second.flaky == first.failed


@pytest.mark.parametrize("what", ["processes", "container"])
def test_killed_shard_and_its_second_attempt(new_project: Callable[..., CiProject], tmp_path: Path, what: str) -> None:
    """A shard that was killed at any moment is named and makes the merge red; run again, it makes the result whole."""
    github = GitHub(new_project(), tmp_path)
    delay = random.uniform(0.0, 4.0)
    shard = {"JUNCTURE_SHARD": "2/3", "GITHUB_RUN_ID": github.run_id}
    first = github.run(during=lambda process: strike(shard, what, delay, process))
    assert first.results["integration 2"] == "failure", first.log
    assert first.results["merge"] == "failure", first.log
    assert first.exit_code == 20, f"after {delay} s: {first.log}"
    assert first.result["verdict"] == "incomplete"
    assert {shard for _, shard in first.problems} <= {"shard 2", ""}, f"after {delay} s: {first.problems}"
    assert any(shard == "shard 2" for _, shard in first.problems), f"after {delay} s: {first.problems}"

    second = github.run(reused=GOOD, legs={"shard": "2"})
    assert second.results == {**GOOD, "integration 2": "success", "merge": "success"}, second.log
    assert second.attempts == {1: 1, 2: 2, 3: 1}
    assert second.tests == {"unit": 3, "integration": 9}


def test_service_that_is_never_healthy(new_project: Callable[..., CiProject], tmp_path: Path) -> None:
    """Where a service does not get healthy no shard runs, and the merge is red and names all of them."""
    pipeline = GitHub(new_project(postgres=MUTE), tmp_path).run()
    for number in (1, 2, 3):
        assert pipeline.results[f"integration {number}"] == "failure", pipeline.log
    assert pipeline.results["unit"] == "success"
    assert pipeline.results["merge"] == "failure"
    assert pipeline.exit_code == 20
    assert pipeline.problems == {("shard-missing", f"shard {number}") for number in (1, 2, 3)}
