"""The rendered GitLab pipeline, run with gitlab-ci-local: every job in a container, the services beside the shards."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from gitlab_local import GitLab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from executed import CiProject, Pipeline

SHARDS = [f"integration: [{number}/3]" for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def run(new_project: Callable[..., CiProject], tmp_path_factory: pytest.TempPathFactory) -> tuple[GitLab, Pipeline]:
    """Give a run of the whole pipeline, and what came of it."""
    gitlab = GitLab(new_project(), tmp_path_factory.mktemp("run"))
    return gitlab, gitlab.run()


@pytest.fixture
def again(run: tuple[GitLab, Pipeline], tmp_path: Path) -> Iterator[GitLab]:
    """Give that run, whose artifacts are as they were when the test has ended."""
    gitlab, _ = run
    shutil.copytree(gitlab.artifacts, tmp_path / "kept")
    yield gitlab
    shutil.rmtree(gitlab.artifacts)
    shutil.move(tmp_path / "kept", gitlab.artifacts)


@pytest.mark.long
def test_every_job_runs_and_the_merge_is_whole(run: tuple[GitLab, Pipeline]) -> None:
    """Unit tests, three shards with their services and the merge all run, and the result is of every test."""
    _, pipeline = run
    assert pipeline.results == dict.fromkeys(["plan", "unit", *SHARDS, "merge"], "success"), pipeline.log
    assert pipeline.result["verdict"] == "passed"
    assert pipeline.tests == {"unit": 3, "integration": 9}
    assert pipeline.coverage == "100.0"
    assert (pipeline.merged / "junit.xml").is_file()
    assert (pipeline.merged / "coverage.xml").is_file()


@pytest.mark.long
def test_artifact_that_is_missing(again: GitLab) -> None:
    """A shard whose artifact is missing, because its job was cancelled or it got lost, makes the merge red."""
    shutil.rmtree(again.artifact(SHARDS[1]))
    pipeline = again.run("merge")
    assert pipeline.results == {"merge": "failure"}
    assert pipeline.exit_code == 20
    assert pipeline.problems == {("shard-missing", "shard 2")}


@pytest.mark.long
def test_artifact_of_the_same_attempt_twice(again: GitLab) -> None:
    """Two bundles of one shard and attempt make the merge red: nobody knows which of them counts."""
    first = again.artifact(SHARDS[0]) / "reports" / "integration" / "shard-1-of-3"
    shutil.copytree(first, first.with_name("copy-of-shard-1-of-3"))
    pipeline = again.run("merge")
    assert pipeline.results == {"merge": "failure"}
    assert pipeline.exit_code == 20
    assert pipeline.problems == {("shard-doubled", "shard 1")}
