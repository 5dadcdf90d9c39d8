"""Tests of ``juncture.pytesting.excerpts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.providers.reservation import FileLog
from juncture.pytesting.excerpts import CHARACTERS, LINES, LONGEST_LINE, excerpt, lines_of, read

if TYPE_CHECKING:
    from pathlib import Path


def test_short_log_is_shown_as_it_is() -> None:
    """Nothing is left out, and nothing is said of it."""
    assert excerpt(["one", "two"]) == ["one", "two"]


def test_of_many_lines_the_last_are_shown() -> None:
    """What is left out is counted, before the rest."""
    shown = excerpt([f"line {number}" for number in range(LINES + 3)])
    assert shown[0] == "... 3 earlier lines left out"
    assert shown[1:] == [f"line {number}" for number in range(3, LINES + 3)]
    assert excerpt(["one"] * (LINES + 1))[0] == "... 1 earlier line left out"


def test_what_was_not_read_is_not_counted() -> None:
    """Where the log was cut before, that is said instead of a number."""
    assert excerpt(["one"], cut=True) == ["... more earlier lines left out than can be counted here", "one"]


def test_long_lines_are_cut_and_fewer() -> None:
    """One line can't fill the report, and many long ones not more than its share."""
    shown = excerpt(["x" * (LONGEST_LINE + 7)] * LINES)
    assert shown[-1] == f"{'x' * LONGEST_LINE} ... 7 more characters"
    assert sum(len(line) + 1 for line in shown[1:]) <= CHARACTERS
    assert shown[0] == f"... {LINES - len(shown) + 1} earlier lines left out"


def test_lines_can_be_shown_by_a_terminal() -> None:
    """No colours, no line ends of elsewhere, no empty lines, no broken characters; tabs stay."""
    assert lines_of(b"\x1b[31mred\x1b[0m\r\n\n\tbell\x07 \xff\n") == ["red", "\tbell \ufffd"]


@pytest.mark.parametrize(("limit", "expected"), [(8, (b"one\ntwo\n", False)), (7, (b"two\n", True))])
def test_what_is_cut_begins_with_a_whole_line(tmp_path: Path, limit: int, expected: tuple[bytes, bool]) -> None:
    """A log that just fits is no cut one."""
    log = FileLog(tmp_path / "db.log")
    log.path.write_text("one\ntwo\n")
    assert read(log, 0, limit) == expected


def test_log_that_cannot_be_read_is_empty(tmp_path: Path) -> None:
    """It must not take the report of a failure with it."""
    (tmp_path / "db.log").mkdir()
    assert read(FileLog(tmp_path / "db.log"), 0, 100) == (b"", False)
