"""Tests of ``juncture.providers.reservation``: reading the part of a log that belongs to somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.providers.reservation import FileLog, NoLog

if TYPE_CHECKING:
    from pathlib import Path

PLENTY = 1_000_000


def test_only_what_came_since_the_mark(tmp_path: Path) -> None:
    """What others wrote before is left out; where nothing came, nothing is returned."""
    log = FileLog(tmp_path / "db.log")
    assert (log.mark(), log.since(0, PLENTY)) == (0, b"")
    log.path.write_text("old\n")
    mark = log.mark()
    assert log.since(mark, PLENTY) == b""
    log.path.write_text("old\nnew\n")
    assert log.since(mark, PLENTY) == b"new\n"


def test_log_that_was_begun_anew_is_all_new(tmp_path: Path) -> None:
    """A file that is shorter than it was has nothing old in it."""
    log = FileLog(tmp_path / "db.log")
    log.path.write_text("new\n")
    assert log.since(100, PLENTY) == b"new\n"


def test_of_a_long_log_the_end_is_returned(tmp_path: Path) -> None:
    """The limit cuts from the beginning."""
    log = FileLog(tmp_path / "db.log")
    log.path.write_text("one\ntwo\n")
    assert log.since(0, 4) == b"two\n"


def test_somebody_elses_server_has_no_log() -> None:
    """It can be asked all the same."""
    assert NoLog().since(NoLog().mark(), PLENTY) == b""
