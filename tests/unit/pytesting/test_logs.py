"""Copying the part of a log that belongs to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.pytesting import logs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_only_what_came_since_the_start(tmp_path: Path) -> None:
    """What other runs wrote before is left out; where nothing came, no file is made."""
    log = tmp_path / "db.log"
    log.write_text("old\nnew\n")
    logs._copy_end(log, 4, tmp_path / "logs" / "db.log")
    assert (tmp_path / "logs" / "db.log").read_text() == "new\n"
    logs._copy_end(log, 8, tmp_path / "logs" / "none.log")
    assert not (tmp_path / "logs" / "none.log").exists()


def test_a_log_that_was_begun_anew(tmp_path: Path) -> None:
    """A file that is shorter than it was is all new."""
    log = tmp_path / "db.log"
    log.write_text("new\n")
    logs._copy_end(log, 100, tmp_path / "logs" / "db.log")
    assert (tmp_path / "logs" / "db.log").read_text() == "new\n"


def test_the_end_of_a_long_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a log that is too long the end is kept."""
    monkeypatch.setattr(logs, "LIMIT", 4)
    (tmp_path / "db.log").write_text("one\ntwo\n")
    logs._copy_end(tmp_path / "db.log", 0, tmp_path / "logs" / "db.log")
    assert (tmp_path / "logs" / "db.log").read_text() == "two\n"
