"""The rendered GitHub workflow, run with act: every job in a container, the services beside the shards."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from act import GitHub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from executed import CiProject, Pipeline, Result

GOOD: dict[str, Result] = {"plan": "success", "unit": "success", "integration": "success"}


@pytest.fixture(scope="module")
def run(new_project: Callable[..., CiProject], tmp_path_factory: pytest.TempPathFactory) -> tuple[GitHub, Pipeline]:
    """Give a run of the whole workflow, and what came of it."""
    github = GitHub(new_project(), tmp_path_factory.mktemp("run"))
    return github, github.run()


@pytest.fixture
def again(run: tuple[GitHub, Pipeline], tmp_path: Path) -> GitHub:
    """Give a copy of that run, of which a test may lose artifacts and try jobs again."""
    github, _ = run
    shutil.copytree(github.work / "store", tmp_path / "store")
    return GitHub(github.project, tmp_path, attempt=1, run_id=github.run_id)


def test_every_job_runs_and_the_merge_is_whole(run: tuple[GitHub, Pipeline]) -> None:
    """Unit tests, three shards with their services and the merge all run, and the result is of every test."""
    github, pipeline = run
    shards = {f"integration {number}": "success" for number in (1, 2, 3)}
    assert pipeline.results == {"plan": "success", "unit": "success", **shards, "merge": "success"}, pipeline.log
    assert pipeline.result["verdict"] == "passed"
    assert pipeline.tests == {"unit": 3, "integration": 9}
    assert "### ✅ passed" in pipeline.jobs["merge"].log
    started = pipeline.jobs["integration 2"].log
    assert github.project.pinned("postgres") in started
    assert github.project.pinned("redis") in started


@pytest.mark.long
def test_artifact_that_is_missing(again: GitHub) -> None:
    """A shard's artifact that got lost makes the merge red and is named, though every job says that it succeeded."""
    (lost,) = again.artifacts("bundle-integration-2-of-3-*", attempt=1)
    shutil.rmtree(lost)
    pipeline = again.run(reused=GOOD)
    assert pipeline.results["merge"] == "failure"
    assert pipeline.exit_code == 20
    assert pipeline.problems == {("shard-missing", "shard 2")}


@pytest.mark.long
@pytest.mark.parametrize("result", ["skipped", "cancelled"])
def test_leg_that_did_not_run(again: GitHub, result: str) -> None:
    """Jobs that were skipped or cancelled make the merge red, though bundles of an older attempt are all there."""

    def change(document: dict[str, Any]) -> None:
        if result == "skipped":
            document["jobs"]["integration"]["if"] = "${{ false }}"
        else:  # act knows no cancelled job: what GitHub says of one is written in its place
            told = [
                step["env"]
                for step in document["jobs"]["merge"]["steps"]
                if "INTEGRATION_RESULT" in step.get("env", {})
            ]
            assert len(told) == 2, "the merge and the last step are told"
            for environment in told:
                environment["INTEGRATION_RESULT"] = result

    pipeline = again.run(reused=GOOD, change=change)
    assert pipeline.results["merge"] == "failure"
    assert pipeline.exit_code == 20
    assert pipeline.problems == {("job-failed", "")}
    assert f"integration {result}" in pipeline.jobs["merge"].log
