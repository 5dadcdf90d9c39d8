"""Which shard a session runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from juncture.config import Config, parse
from juncture.errors import UsageError
from juncture.sessions._shard import shard_of
from juncture.sharding import ShardNumber

GITLAB = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}


def declared(**keys: object) -> Config:
    """Return the declaration of a project with these keys."""
    return parse(keys, root=Path("/project"), kinds={}, project="shop")


def test_words_come_before_platforms() -> None:
    """The option, then the variable, then the platform, then all tests; only a platform's word has to be told."""
    assert shard_of("1/4", "integration", declared(), GITLAB | {"JUNCTURE_SHARD": "2/2"}) == (ShardNumber(1, 4), "")
    assert shard_of("", "integration", declared(), GITLAB | {"JUNCTURE_SHARD": "2/2"}) == (ShardNumber(2, 2), "")
    line = "shard 2 of 3, as GitLab (CI_NODE_INDEX, CI_NODE_TOTAL) says"
    assert shard_of("", "integration", declared(shards=3), GITLAB) == (ShardNumber(2, 3), line)
    assert shard_of("", "integration", declared(), {}) == (None, "")


def test_unit_tests_are_divided_by_words_alone() -> None:
    """Three jobs of GitLab's may each run all of them, for three Pythons."""
    assert shard_of("", "unit", declared(), GITLAB) == (None, "")
    assert shard_of("1/2", "unit", declared(), GITLAB)[0] == ShardNumber(1, 2)


def test_conflict_is_an_error() -> None:
    """Another number of jobs than is declared, and a variable that makes no sense, are told with their place."""
    with pytest.raises(UsageError, match=r"^CI_NODE_TOTAL: GitLab runs 3 jobs, 4 shards are declared"):
        shard_of("", "integration", declared(shards=4), GITLAB)
    with pytest.raises(UsageError, match=r'^JUNCTURE_SHARD: "x" is not I/N'):
        shard_of("", "integration", declared(), {"JUNCTURE_SHARD": "x"})


def test_bazel_is_told(tmp_path: Path) -> None:
    """Its shards are heeded."""
    environ = {"TEST_SHARD_INDEX": "1", "TEST_TOTAL_SHARDS": "2", "TEST_SHARD_STATUS_FILE": str(tmp_path / "status")}
    assert shard_of("", "integration", declared(), environ)[0] == ShardNumber(2, 2)
    assert (tmp_path / "status").exists()
