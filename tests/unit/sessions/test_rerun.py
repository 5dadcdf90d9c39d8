"""A session that runs again what failed or never ran."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.merging.rerun import Rerun
from juncture.sessions._rerun import Earlier, earlier_run, folder_of, named_by
from juncture.sharding import ShardNumber

if TYPE_CHECKING:
    from pathlib import Path


def test_words_come_before_the_variable() -> None:
    """Each may name several paths; without either no re-run is asked for."""
    environ = {"JUNCTURE_RERUN": f"a{os.pathsep}b"}
    assert named_by(("c", "d"), environ) == ("c", "d")
    assert named_by((), environ) == ("a", "b")
    assert named_by((), {}) == ()


def test_its_bundle_is_beside_the_others() -> None:
    """A folder of its own for each shard, none of which an ordinary run has."""
    assert folder_of(None) == "rerun"
    assert folder_of(ShardNumber(1, 2)) == "rerun-1-of-2"


def test_the_bundle_that_is_read_is_not_emptied(tmp_path: Path) -> None:
    """However it is named."""
    (tmp_path / "link").symlink_to(tmp_path / "rerun")
    with pytest.raises(UsageError, match="the re-run would empty the bundle that it reads"):
        earlier_run((str(tmp_path / "link"),), "integration", tmp_path / "rerun")


def test_how_to_merge_is_one_line_for_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the number of shards that the first run had."""
    monkeypatch.chdir(tmp_path)
    rerun = Rerun(name="n", tests=frozenset({"a"}), total=9, shards=4)
    earlier = Earlier(named=("bundles", "my job"), rerun=rerun)
    line = earlier.how_to_merge("shop-merge", "integration", tmp_path / "reports" / "rerun")
    assert line == "nox -s shop-merge -- --expect integration=4 bundles 'my job' reports/rerun"
