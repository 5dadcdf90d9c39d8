"""Tests of ``juncture.merging.results``."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bundled import arrived, ran, recorded, suite_of

from juncture.errors import UsageError
from juncture.merging.merge import Order, merge
from juncture.merging.results import begin, write
from juncture.merging.values import Merged, Problem
from juncture.sharding.history import NO_HISTORY

if TYPE_CHECKING:
    from pathlib import Path

OURS = (
    *("result.json", "junit.xml", "junit.2.xml", "coverage.data", "summary.md", "result.json.7-ab.new"),
    *("coverage.7.0.xml.new", "coverage.7.data.new", "coverage.7.data.new.moved"),
)


def test_an_earlier_result_goes_before_the_next_begins(tmp_path: Path) -> None:
    """All that a merge writes, and what one left that was killed; nothing else in that folder."""
    for name in (*OURS, "bundle.txt", "notes.new"):
        (tmp_path / name).touch()
    begin(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.txt", "notes.new"]


@pytest.mark.parametrize("out", ["file", "file/out", "/proc/self"])
def test_a_folder_that_can_not_be_written(tmp_path: Path, out: str) -> None:
    """It is told before anything is read, with what to do; also one that is there and takes no file."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"no result can be written there: .+\n  take a folder that you may write to"):
        begin(tmp_path / out)


def test_a_disk_that_is_full_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the merge can't write any more is no defect of it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("juncture.merging.merge.write", full)
    with pytest.raises(UsageError, match="no result can be written there: No space left on device"):
        merge(Order(out=tmp_path, expect={"unit": 1}, bundles=[]))


def test_a_merge_that_is_refused_leaves_no_earlier_result(tmp_path: Path) -> None:
    """Nobody may read an older green result after a merge that said no."""
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(UsageError, match="say what must be there"):
        merge(Order(out=tmp_path, expect={}, bundles=[tmp_path]))
    assert list(tmp_path.iterdir()) == []


def test_a_rerun_is_told_apart(tmp_path: Path) -> None:
    """Its shards have a flag, what it resolved is listed, and it is no run of the whole suite for the history."""
    again = arrived(recorded(ran("b"), rerun=True), rerun="r")
    suite = suite_of(recorded(ran("a")), resolved=(Problem(code="test-missing", text="x", tests=("b",)),))
    for each, complete in ((suite, 1), (replace(suite, reruns=(again,)), 0)):
        write(tmp_path, Merged(suites=(each,), problems=(), coverage=None, points=()), NO_HISTORY)
        assert len(json.loads((tmp_path / "history.json").read_text())["complete"]) == complete
    (told,) = json.loads((tmp_path / "result.json").read_text())["suites"]
    assert [shard["rerun"] for shard in told["shards"]] == [False, True]
    assert told["resolved"] == [{"code": "test-missing", "text": "x", "tests": ["b"]}]
