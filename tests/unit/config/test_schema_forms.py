"""Tests of ``juncture.config._schema_forms``: each form's fragment against the form itself."""

from __future__ import annotations

import posixpath
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from juncture.config._forms import Command, Form, Table
from juncture.config._keys import POINT, SERVICE, TOP
from juncture.config._problems import InvalidError
from juncture.config._schema_forms import definitions, fragment

if TYPE_CHECKING:
    from juncture.config._keys import Key

ALPHABET = "ab9./\\~:*? \n\t\0\u2003\x1c\x85\ufeff'\"smhé"
PATHS = st.lists(st.sampled_from([".", "..", "a", " ", "~", "c:", "/", "/", "\n", "*"]), max_size=6).map("".join)
TEXTS = st.one_of(st.text(alphabet=ALPHABET, max_size=8), PATHS, st.sampled_from(["auto", "docker", "1.5h", "25 h"]))
NUMBERS = st.one_of(st.integers(-2, 300), st.integers(), st.sampled_from([-0.5, 0.5, 90.25, 604800.5, float("inf")]))
VALUES = st.one_of(
    TEXTS,
    NUMBERS,
    st.booleans(),
    st.lists(st.one_of(TEXTS, TEXTS, TEXTS, NUMBERS), max_size=3),
    st.dictionaries(TEXTS, TEXTS, max_size=1),
    st.just(date(1979, 5, 27)),
)
"""What TOML can give, but for what JSON can't tell from something else: 4.0 is 4 there, and nan is nothing."""

FORMS = {
    type(key.form).__name__ + key.name: key.form
    for key in (*TOP, *SERVICE, *POINT)
    if not isinstance(key.form, Table | Command)  # the parser reads their fields, not the form
}


def validator(form: Form[Any]) -> Draft202012Validator:
    """Return the validator of one form's fragment."""
    return Draft202012Validator({**fragment(form), "$defs": definitions({"url", "port"})})


def accepts(form: Form[Any], value: object) -> bool:
    """Tell whether the form reads the value."""
    try:
        form.read(value)
    except InvalidError:
        return False
    return True


def same_when_normal(value: object) -> bool:
    """Tell whether a list has folders that differ only until they are normalized, which no schema can see."""
    texts = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return len({posixpath.normpath(text) for text in texts}) < len(set(texts))


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
@settings(max_examples=150)
@given(value=VALUES.filter(lambda value: not same_when_normal(value)))
def test_fragment_accepts_what_the_form_accepts(form: Form[Any], value: object) -> None:
    """Form and fragment agree on every value."""
    assert validator(form).is_valid(value) is accepts(form, value)


EDGES = [
    *(
        "~x",
        "./~x",
        ".//./~x",
        "c:x",
        "./c:x",
        "a/c:x",
        " ",
        "./ ",
        " /.",
        ". ",
        ".",
        "./",
        "a/..",
        "..",
        "..\n",
        "...",
        "a..b",
    ),
    *(
        "/a",
        "a\\b",
        "a\0",
        "*.py",
        "a?",
        "\n",
        "\x1c",
        "\ufeff",
        "90s",
        "90 s",
        " 1.5h\n",
        "90S",
        "604801",
        "168h",
        "168.0h",
    ),
    *(
        "168.01h",
        "1e3",
        ".5h",
        "5.h",
        "",
        "auto",
        "Auto",
        "/health",
        "/é",
        "/a b",
        0,
        1,
        256,
        257,
        -1,
        604800,
        604801,
        True,
    ),
]


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_fragment_knows_the_edges(form: Form[Any]) -> None:
    """Values on both sides of each limit are judged alike, alone and in a list."""
    fragment_of = validator(form)
    for value in EDGES:
        assert fragment_of.is_valid(value) is accepts(form, value), value
        assert fragment_of.is_valid([value]) is accepts(form, [value]), [value]


@pytest.mark.parametrize("key", [*TOP, *SERVICE, *POINT], ids=lambda key: key.name)
def test_example_and_default_are_valid(key: Key[Any]) -> None:
    """What an editor shows of a key can be written there."""
    example = tomllib.loads(f"example = {key.example}")["example"]
    assert validator(key.form).is_valid(example)


def test_new_form_needs_a_fragment() -> None:
    """A form that nobody gave a schema is not passed over."""

    class Colour(Form[str]):
        pass

    with pytest.raises(TypeError, match="the form Colour has no schema"):
        fragment(Colour())
