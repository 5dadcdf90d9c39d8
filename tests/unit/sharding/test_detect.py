"""CI platforms and their parallel jobs."""

from __future__ import annotations

import pytest

from juncture.errors import UsageError
from juncture.sharding import ShardNumber
from juncture.sharding.detect import PLATFORMS, Platform, detect

FIRST = {
    "GitLab": "1",
    "CircleCI": "0",
    "Buildkite": "0",
    "Azure Pipelines": "1",
    "Bitbucket": "0",
    "Semaphore": "1",
    "Bazel": "0",
    "Kubernetes": "0",
}
"""What each platform's documentation calls the first of its jobs."""


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_jobs_count_from_one_here(platform: Platform) -> None:
    """Whatever a platform calls its first job, it is shard 1, and the last is the last."""
    first = int(FIRST[platform.name])
    for index in range(4):
        found = detect({platform.index: str(first + index), platform.total: "4"}, 4)
        number = ShardNumber(index + 1, 4)
        assert found == (number, f"shard {number}, as {platform.name} ({platform.index}, {platform.total}) says")


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_half_of_it_is_no_shard(platform: Platform) -> None:
    """An index without a total, or the reverse, says nothing; nor does a job that is alone."""
    first = FIRST[platform.name]
    for environ in ({platform.index: first}, {platform.total: "4"}, {platform.index: first, platform.total: " "}):
        assert detect(environ) is None
    assert detect({platform.index: first, platform.total: "1"}) is None


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
@pytest.mark.parametrize("index", ["-1", "x", "99", "1.0", "٢"])
def test_number_that_can_not_be_is_an_error(platform: Platform, index: str) -> None:
    """A job that is none of the platform's is told with the variable, and never runs everything by mistake."""
    with pytest.raises(UsageError, match=rf"^{platform.index}: .*\n  JUNCTURE_SHARD=I/N"):
        detect({platform.index: index, platform.total: "4"}, 4)


def test_number_of_jobs_has_to_be_one_that_can_be() -> None:
    """More than a plan can have are refused."""
    with pytest.raises(UsageError, match="there can be 1 to 256 shards, not 300"):
        detect({"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "300"})


@pytest.mark.parametrize(("name", "shares"), [("test 2/3", True), ("test: [3.12] 2/3", True), ("test: [3.12]", False)])
def test_legs_of_gitlabs_matrix_are_no_shards(name: str, *, shares: bool) -> None:
    """Its matrix numbers jobs too, each of which has to run all tests; their names tell."""
    environ = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3", "CI_JOB_NAME": name}
    assert (detect(environ) is not None) == shares


@pytest.mark.parametrize(
    ("kind", "declared", "shares"),
    [("MultiMachine", None, True), ("MultiConfiguration", 3, False), ("", None, False), ("", 3, True)],
)
def test_legs_of_azures_matrix_are_no_shards(kind: str, declared: int | None, *, shares: bool) -> None:
    """Azure tells which kind of parallel jobs it runs; where it does not, the declaration decides."""
    environ = {"SYSTEM_JOBPOSITIONINPHASE": "2", "SYSTEM_TOTALJOBSINPHASE": "3", "SYSTEM_PARALLELEXECUTIONTYPE": kind}
    assert (detect(environ, declared) is not None) == shares


@pytest.mark.parametrize("declared", [None, 4])
def test_steps_of_bitbucket_may_be_anything(declared: int | None) -> None:
    """A parallel group may lint in one step and test in another: only as many as are declared are shards."""
    environ = {"BITBUCKET_PARALLEL_STEP": "1", "BITBUCKET_PARALLEL_STEP_COUNT": "3"}
    assert detect(environ, declared) is None
    assert detect(environ, 3) is not None


def test_total_has_to_be_the_declared_one() -> None:
    """Where nobody can be meant but the shards, another number of them is an error."""
    with pytest.raises(UsageError, match=r"^CIRCLE_NODE_TOTAL: CircleCI runs 3 jobs, 4 shards are declared\n"):
        detect({"CIRCLE_NODE_INDEX": "1", "CIRCLE_NODE_TOTAL": "3"}, 4)


def test_platforms_that_disagree_are_an_error() -> None:
    """Bazel inside of a job of GitLab's: who is right has to be said. Where both say the same, it is clear."""
    gitlab = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}
    with pytest.raises(
        UsageError, match=r"^shards: the environment is of two minds: GitLab .* 2 of 3; Bazel .* 1 of 3"
    ):
        detect(gitlab | {"TEST_SHARD_INDEX": "0", "TEST_TOTAL_SHARDS": "3"})
    assert detect(gitlab | {"TEST_SHARD_INDEX": "1", "TEST_TOTAL_SHARDS": "3"}) is not None


def test_nothing_says_nothing() -> None:
    """A laptop is no shard."""
    assert detect({}) is None
