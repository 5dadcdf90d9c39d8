"""Tests of ``juncture.config._compose._interpolation``."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config._compose._interpolation import interpolated
from juncture.config._problems import InvalidError

VARIABLES = {"A": "1", "EMPTY": "", "DOLLAR": "$A"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${", '"${" is no variable; write ${NAME}, or $$ for a dollar sign'),
        ("x$", '"$" is no variable'),
        ("$1", '"$1" is no variable'),
        ("${!A}", '"${!A}" is no variable'),
        ("${A B}", '"${A B}" is no variable'),
        ("${A:=x}", '"${A:=x}" is no variable'),
        ("${B:-x", '"${B:-x" has a brace that is not closed'),
        ("${B:?}", "the variable B is not set"),
        ("${EMPTY:?say it}", "the variable EMPTY is not set: say it"),
        ("${B?set $A}", "the variable B is not set: set 1"),
        ("${B:-" * 30 + "}" * 30, '"'),
    ],
)
def test_wrong_variable_is_told(text: str, message: str) -> None:
    """What compose would refuse is refused, with the way to write it."""
    with pytest.raises(InvalidError, match="^" + re.escape(message)):
        interpolated(text, VARIABLES, set())


@pytest.mark.parametrize(
    ("text", "filled", "unset"),
    [
        ("plain", "plain", set()),
        ("$A-${A}", "1-1", set()),
        ("$$A $${A}", "$A ${A}", set()),
        ("$B|${B}", "|", {"B"}),
        ("$DOLLAR", "$A", set()),
        ("${A:-x} ${EMPTY:-x} ${B:-x}", "1 x x", set()),
        ("${A-x} ${EMPTY-x} ${B-x}", "1  x", set()),
        ("${A:+x} ${EMPTY:+x} ${B:+x}", "x  ", set()),
        ("${A+x} ${EMPTY+x} ${B+x}", "x x ", set()),
        ("${A:?no} ${EMPTY?no}", "1 ", set()),
        ("${B:-${C:-$A}}", "1", set()),
        ("${B:-${C}}", "", {"C"}),
        ("${A:-${C}}", "1", set()),
        ("${B:-}", "", set()),
        ("${B:-a:b/c?d}e}", "a:b/c?de}", set()),
        ("é${A}ü", "é1ü", set()),
    ],
)
def test_variables_are_replaced_as_compose_does(text: str, filled: str, unset: set[str]) -> None:
    """Each form means what it means there, and what was not set is told once it is used."""
    found: set[str] = set()
    assert interpolated(text, VARIABLES, found) == filled
    assert found == unset


@given(st.text(alphabet="${}:-?+AB x", max_size=20))
def test_any_text_is_filled_or_refused(text: str) -> None:
    """No text leads to another exception."""
    try:
        result = interpolated(text, VARIABLES, set())
    except InvalidError as error:
        result = error.problems[0]
    assert isinstance(result, str)
