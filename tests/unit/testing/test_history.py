"""What a wait remembers: changes, bounded, and readable whatever they are."""

from __future__ import annotations

import itertools
import re
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.testing._history import History, shown_error, shown_value


def test_same_thing_again_is_no_change() -> None:
    """Only changes are told, each with the time of its first sight."""
    history = History()
    for seconds, text in [(0.0, "0"), (0.5, "0"), (1.25, "3"), (9.0, "3"), (10.5, "0")]:
        history.note(seconds, "value", text)
    assert history.lines() == [
        "  last value  0",
        "  seen         0.00 s  0",
        "               1.25 s  3",
        "              10.50 s  0",
    ]


def test_one_thing_all_the_time_is_told_once() -> None:
    """A history of one entry does not repeat it."""
    history = History()
    history.note(0.0, "error", "AssertionError: assert 4 == 5\n +  where 4 = len([1])")
    assert history.lines() == [
        "  last error  AssertionError: assert 4 == 5",
        "               +  where 4 = len([1])",
        "  seen        the same each time",
    ]


@given(st.lists(st.text(max_size=3), min_size=1, max_size=60))
def test_history_is_bounded(texts: list[str]) -> None:
    """However often a value changes, a dozen lines tell of it, and how many changes they leave out."""
    history = History()
    for second, text in enumerate(texts):
        history.note(float(second), "value", text)
    lines = history.lines()
    changes = 1 + sum(before != after for before, after in itertools.pairwise(texts))
    assert len(lines) <= 12 + texts[-1].count("\n") + 3
    assert (f"... {changes - 10} more ..." in "\n".join(lines)) is (changes > 10)


def test_beginning_and_end_are_kept() -> None:
    """The first four and the last six changes stand on both sides of the gap."""
    history = History()
    for second in range(30):
        history.note(second, "value", f"<{second}>")
    text = "\n".join(history.lines())
    assert [number for number in range(30) if f"<{number}>" in text] == [0, 1, 2, 3, *range(24, 30)]
    assert "... 20 more ..." in text


def test_long_value_is_cut_in_the_middle() -> None:
    """A large value fills neither the history nor the screen."""
    history = History()
    history.note(0.0, "value", "a" * 5_000 + "z" * 5_000)
    history.note(1.0, "value", "b" * 10_000)
    last, *seen = history.lines()
    assert len(last) < 2_100
    assert all(len(line) < 260 for line in seen)
    assert "a…z" in seen[0]


def test_broken_repr_hides_nothing() -> None:
    """A value that can't be shown is named by its type."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown_value(Broken()) == "<a Broken whose repr raises RuntimeError>"
    assert shown_value("x") == "'x'"


def test_error_without_a_message_shows_its_line() -> None:
    """An assertion that pytest did not rewrite is told by its code."""

    def fail() -> NoReturn:
        raise AssertionError

    with pytest.raises(AssertionError) as raised:
        fail()
    assert re.fullmatch(r"AssertionError at test_history\.py:\d+: raise AssertionError", shown_error(raised.value))
    assert shown_error(AssertionError()) == "AssertionError"
    assert shown_error(AssertionError("assert 4 == 5")) == "AssertionError: assert 4 == 5"
