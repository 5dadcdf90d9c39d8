"""Tests of ``juncture.config._problems``."""

from __future__ import annotations

import pytest

from juncture.config._problems import InvalidError, Problems
from juncture.errors import ConfigError


def collected(count: int) -> Problems:
    """Return that many problems."""
    problems = Problems()
    for number in range(count):
        problems.add(f"place {number}", f"what {number}")
    return problems


def test_no_problem_raises_nothing() -> None:
    """Without a problem nothing happens."""
    collected(0).raise_any()


def test_single_problem_is_the_error() -> None:
    """One problem keeps its place and its sentence apart, on one line."""
    with pytest.raises(ConfigError) as raised:
        collected(1).raise_any()
    assert (raised.value.where, raised.value.what) == ("place 0", "what 0")
    assert str(raised.value) == "place 0: what 0"


def test_several_problems_are_listed_in_order() -> None:
    """Each problem has a line of its own under a head that counts them."""
    with pytest.raises(ConfigError) as raised:
        collected(2).raise_any()
    assert str(raised.value) == "2 problems in the declaration\n  place 0: what 0\n  place 1: what 1"


def test_error_fits_a_screen() -> None:
    """Of many long problems eight are shown, each cut, and the rest are counted."""
    problems = collected(8)
    problems.add("p" * 1000, "w" * 1000, "w" * 1000)
    with pytest.raises(ConfigError) as raised:
        problems.raise_any()
    assert str(raised.value).splitlines()[-2:] == ["  place 7: what 7", "  and 2 more"]
    long = Problems()
    long.add("p" * 1000, "w" * 1000)
    with pytest.raises(ConfigError) as raised:
        long.raise_any()
    assert len(str(raised.value)) <= 5 * 80


def test_invalid_error_carries_every_sentence() -> None:
    """One value may have several problems."""
    assert InvalidError("first", "second").problems == ("first", "second")
