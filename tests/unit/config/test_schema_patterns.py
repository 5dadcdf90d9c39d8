"""Tests of ``juncture.config._schema_patterns``: each pattern against the code that it speaks for."""

from __future__ import annotations

import re
import shlex
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config import _schema_patterns as patterns
from juncture.config._durations import parse_duration
from juncture.config._problems import InvalidError
from juncture.config._templates import parse_template

ATTRIBUTES = frozenset({"url", "host"})


def test_blanks_are_those_that_strip_takes_off() -> None:
    """The class holds every character that ``str.strip`` takes off, and no other."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert re.findall(f"[{patterns.BLANK}]", everything) == [each for each in everything if not each.strip()]


@pytest.mark.parametrize("limit", [1, 9, 10, 24, 99, 100, 168, 3600, 10080, 604800])
def test_numbers_up_to_a_limit(limit: int) -> None:
    """Every number up to the limit matches, and none beyond it, however it is written."""
    pattern = re.compile(patterns.at_most(limit))
    for number in {*range(min(2 * limit + 2, 1200)), limit - 1, limit, limit + 1, 10 * limit, 10 * limit + 9}:
        for text in (f"{number}", f"00{number}", f"{number}.0", f"{number}.00"):
            assert bool(pattern.fullmatch(text)) is (number <= limit), text
        assert bool(pattern.fullmatch(f"{number}.05")) is (number < limit)
    assert not any(pattern.fullmatch(text) for text in ("", ".5", "5.", "-1", "1e1", "\u0661"))


@given(
    st.one_of(
        st.from_regex(r"\A[ \n\u2003]?0{0,2}[0-9]{1,6}(\.[0-9]{1,6})? ?[smhx]?[ \n]?\Z"),
        st.text(alphabet="0123456789. smh\n-\x1c", max_size=12),
    ),
    st.sampled_from([3600, 24 * 3600, 7 * 24 * 3600]),
)
def test_durations(text: str, longest: int) -> None:
    """A text is a duration for the pattern where it is one for the parser."""
    try:
        parse_duration(text, longest=longest)
        accepted = True
    except InvalidError:
        accepted = False
    assert bool(re.search(patterns.duration(longest), text)) is accepted


@given(st.text(alphabet="a b'\"\\\n#;|$\u2003", max_size=12))
def test_quotes_are_closed_where_a_shell_would_say_so(text: str) -> None:
    """A text matches where ``shlex.split`` can split it."""
    try:
        shlex.split(text)
        accepted = True
    except ValueError:
        accepted = False
    assert bool(re.search(patterns.CLOSED_QUOTES, text)) is accepted


PIECES = st.sampled_from(
    ["{", "}", "{{", "}}", "{db.url}", "{db.host}", "{db.port}", "{host}", "{db}", "{db.}", "a", "\n"]
)


@given(st.lists(PIECES, max_size=6).map("".join), st.booleans())
def test_fields(text: str, own: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """Braces and attributes match where the parser reads them, the declared services left aside."""
    try:
        parse_template(text, {"db": ATTRIBUTES}, own="db" if own else "")
        accepted = True
    except InvalidError:
        accepted = False
    assert bool(re.search(patterns.template(ATTRIBUTES, own=own), text)) is accepted
