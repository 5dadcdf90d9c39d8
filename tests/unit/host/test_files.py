"""Tests of ``juncture.host.files``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.host.files import replace_text, replacing

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The older one is there until the new one is complete, and nothing is left beside it."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    replace_text(path, "ünï")
    assert path.read_bytes() == "ünï".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_nothing_has_changed(tmp_path: Path) -> None:
    """The older file stays, and the half-written one goes."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_and_break_off() -> None:
        with replacing(path) as unfinished:
            unfinished.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
