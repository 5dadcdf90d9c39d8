"""Tests of ``juncture.config.quarantine``."""

from __future__ import annotations

from datetime import date

import pytest

from juncture.config import Quarantine
from juncture.config.quarantine import excused_by, expired

LAST = date(2026, 12, 31)
TEST = "tests/test_a.py::test_it[x-1]"


def entry(test: str) -> Quarantine:
    """Return an entry until the end of the year."""
    return Quarantine(test=test, until=LAST, reason="r")


@pytest.mark.parametrize("pattern", [TEST, "tests/test_a.py::*", "tests/*", "*[x-?]"])
def test_patterns_that_match(pattern: str) -> None:
    """A node id stands for itself, brackets included; * and ? stand for others."""
    assert excused_by([entry(pattern)], TEST, LAST) == entry(pattern)


@pytest.mark.parametrize("pattern", ["tests/test_a.py", "test_it", "tests/test_a.py::test_it[x-2]", "Tests/*"])
def test_patterns_that_do_not_match(pattern: str) -> None:
    """A pattern is of whole node ids, and case counts."""
    assert excused_by([entry(pattern)], TEST, LAST) is None


def test_the_last_day_is_one() -> None:
    """On the day after it nothing is excused, and the entry is told as expired."""
    assert excused_by([entry(TEST)], TEST, LAST)
    assert excused_by([entry(TEST)], TEST, date(2027, 1, 1)) is None
    assert expired([entry(TEST)], LAST) == []
    assert expired([entry(TEST)], date(2027, 1, 1)) == [entry(TEST)]
