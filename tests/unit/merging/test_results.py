"""Tests of ``juncture.merging.results``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.merging.merge import Order, merge
from juncture.merging.results import begin

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("result.json", "junit.xml", "junit.2.xml", "coverage.data", "summary.md", "result.json.7-ab.new")


def test_an_earlier_result_goes_before_the_next_begins(tmp_path: Path) -> None:
    """All that a merge writes, and what one left that was killed; nothing else in that folder."""
    for name in (*OURS, "bundle.txt", "notes.new"):
        (tmp_path / name).touch()
    begin(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.txt", "notes.new"]


def test_a_merge_that_is_refused_leaves_no_earlier_result(tmp_path: Path) -> None:
    """Nobody may read an older green result after a merge that said no."""
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(UsageError, match="say what must be there"):
        merge(Order(out=tmp_path, expect={}, bundles=[tmp_path]))
    assert list(tmp_path.iterdir()) == []
