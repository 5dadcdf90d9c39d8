"""Tests of ``juncture.config._durations``."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config._durations import parse_duration
from juncture.config._problems import InvalidError

DAY = 24 * 3600


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("2h", 7200),
        ("1.5h", 5400),
        ("15 m", 900),
        ("45", 45),
        (" 1s ", 1),
        (0, 0),
        (2.5, 2.5),
    ],
)
def test_duration_is_in_seconds(written: object, seconds: float) -> None:
    """A number is in seconds, a text has a unit or is in seconds."""
    parsed = parse_duration(written, longest=DAY)
    assert parsed == seconds
    assert type(parsed) is float


@pytest.mark.parametrize("written", ["", "m", "15 minutes", "1h30m", "-5s", "1e3", "\u0661m", ".5h", "15M", "nan"])
def test_other_text_is_no_duration(written: str) -> None:
    """Any other text is refused, with the forms that are right."""
    with pytest.raises(InvalidError, match='is not a duration; write seconds or a text such as "90s", "15m" or "2h"'):
        parse_duration(written, longest=DAY)


@pytest.mark.parametrize("written", [True, None, [], {}])
def test_other_type_is_no_duration(written: object) -> None:
    """A boolean is no number of seconds."""
    with pytest.raises(InvalidError, match="must be a duration, not "):
        parse_duration(written, longest=DAY)


@pytest.mark.parametrize(
    "written", [-1, 25 * 3600, "25h", math.nan, math.inf, pytest.param(10**400, id="huge"), f"{'9' * 400}h"]
)
def test_duration_is_within_bounds(written: object) -> None:
    """Negative, too long and infinite ones are refused, with the bounds."""
    with pytest.raises(InvalidError, match="must be from 0 to 24h, not "):
        parse_duration(written, longest=DAY)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_anything_is_a_duration_or_invalid(written: object) -> None:
    """No value leads to another exception, and every duration is within bounds."""
    try:
        parsed = parse_duration(written, longest=DAY)
    except InvalidError:
        return
    assert 0 <= parsed <= DAY
