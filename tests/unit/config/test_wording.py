"""Tests of ``juncture.config._wording``."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config._wording import dotted, listed, quoted, shortened, shown, suggestion, type_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", '"plain"'),
        ('a "b"', '"a \\"b\\""'),
        ("two\nlines", '"two\\nlines"'),
        ("naïve", '"naïve"'),
        ("\x7f\u2028", '"\\u007f\\u2028"'),
        ("x" * 61, f'"{"x" * 60}…"'),
    ],
)
def test_quoted_text_is_one_short_line(text: str, expected: str) -> None:
    """Quotes, line ends and invisible characters are escaped, a long text is cut."""
    assert quoted(text) == expected


@given(st.text())
def test_quoted_text_never_breaks_the_line(text: str) -> None:
    """Whatever the text holds, the result is one printable line."""
    assert len(quoted(text).splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("four", '"four"'),
        (4, "4"),
        (-1.5, "-1.5"),
        (True, "a boolean"),
        pytest.param(10**5000, "a larger number", id="huge"),
        pytest.param(-(10**5000), "a smaller number", id="hugely negative"),
        ([1], "a list"),
    ],
)
def test_shown_value_is_what_the_user_wrote(value: object, expected: str) -> None:
    """Texts and numbers are shown, other values are named by type; a huge number does not fail."""
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (False, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("", "a string"),
        ({}, "a table"),
        ([], "a list"),
        (dt.date(2026, 1, 1), "a date"),
    ],
)
def test_type_name_is_tomls(value: object, expected: str) -> None:
    """Each type of TOML has a name; a boolean is no number."""
    assert type_name(value) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("db", "db"), ("my-db_2", "my-db_2"), ("7", "7"), ("a b", '"a b"'), ("", '""'), ("é", '"é"')]
)
def test_dotted_part_is_quoted_where_toml_wants_it(name: str, expected: str) -> None:
    """Only a bare key of TOML stands without quotes."""
    assert dotted(name) == expected


def test_listed_names_are_capped() -> None:
    """A long list ends with how many more there are."""
    assert listed(f"n{number}" for number in range(14)).endswith("n10, n11 and 2 more")


def test_listed_names_are_quoted_where_unclear() -> None:
    """A name that can't be seen is quoted."""
    assert listed(["a", " ", "b\n"]) == 'a, " ", "b\\n"'


def test_shortened_text_keeps_both_ends() -> None:
    """The middle of a long text is left out, a short text stays."""
    assert shortened("abcdefghij", 7) == "abc…hij"
    assert shortened("abcdefg", 7) == "abcdefg"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("versoin", ' Did you mean "version"?'),
        ("VERSION", ' Did you mean "version"?'),
        ("xyz", " Allowed: kind, version."),
    ],
)
def test_suggestion_is_the_closest_name_or_all(name: str, expected: str) -> None:
    """A close name is offered whatever its case, else the list of all."""
    assert suggestion(name, ["kind", "version"]) == expected


def test_suggestion_sees_swapped_letters() -> None:
    """In a short name two swapped letters are still close."""
    assert suggestion("bd", ["cache", "db"]) == ' Did you mean "db"?'


def test_suggestion_is_empty_where_nothing_is_allowed() -> None:
    """Without names there is nothing to offer."""
    assert suggestion("xyz", []) == ""


def test_suggestion_leads_with_the_given_word() -> None:
    """The list says what it is a list of."""
    assert suggestion("xyz", ["db"], lead="Declared") == " Declared: db."
