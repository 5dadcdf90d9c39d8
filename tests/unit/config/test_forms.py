"""Tests of ``juncture.config._forms``."""

from __future__ import annotations

import re
from typing import Any

import pytest

from juncture.config._forms import (
    Choice,
    Command,
    Digest,
    Duration,
    Form,
    Image,
    Matching,
    Percent,
    Switch,
    Table,
    Text,
    UrlPath,
    Version,
    Whole,
)
from juncture.config._problems import InvalidError

HEX = "0123456789abcdef" * 4
IMAGES = [
    *("postgres", "postgres:16-alpine", "a/b/c:1.0_x", "localhost/x", "localhost:5000/team/db", "example.com/x__y/z"),
    *(f"redis@sha256:{HEX}", f"registry.example.com:443/redis:8@sha256:{HEX}", "Example.com/x"),
]


@pytest.mark.parametrize(
    ("form", "value", "read"),
    [
        (Text(), "alembic upgrade head", "alembic upgrade head"),
        (Version(), "16", "16"),
        (Choice("auto", "docker"), "docker", "docker"),
        (Whole(1, 256), 1, 1),
        (Whole(1, 256), 256, 256),
        (Duration(3600), "15m", 900.0),
        (Percent(), 0, 0.0),
        (Percent(), 99.5, 99.5),
        (Percent(), 100, 100.0),
        (Command(), "sh -c 'echo \"{port}\"'", "sh -c 'echo \"{port}\"'"),
        (UrlPath(), "/", "/"),
        (UrlPath(), "/health?deep=1&x=%20", "/health?deep=1&x=%20"),
        (Table(), {"a": 1}, {"a": 1}),
        (Switch(), True, True),
        (Switch(), False, False),
        (Digest(), f"sha256:{HEX}", f"sha256:{HEX}"),
        *((Image(), each, each) for each in IMAGES),
    ],
)
def test_right_value_is_read(form: Form[Any], value: object, read: object) -> None:
    """Each form accepts its own values, the bounds included."""
    assert form.read(value) == read


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (Text(), 5, "must be a string, not a number"),
        (Text(), "", "must not be empty"),
        (Text(), " \t", "must not be empty"),
        (Text(), "a\0b", '"a\\u0000b" holds a NUL character'),
        (Version(), 16, 'must be a string, not a number; write it as a string: version = "16"'),
        (Version(), 9.1, 'must be a string, not a number; write it as a string: version = "9.1"'),
        (Version(), True, "must be a string, not a boolean"),
        (Choice("auto", "docker"), "dokcer", 'unknown value "dokcer". Did you mean "docker"?'),
        (Choice("auto", "docker"), "x", 'unknown value "x". Allowed: auto, docker.'),
        (Choice("auto", "docker"), 1, "must be a string, not a number; one of: auto, docker"),
        (Whole(1, 256), 0, "must be a whole number from 1 to 256, not 0"),
        (Whole(1, 256), 257, "must be a whole number from 1 to 256, not 257"),
        (Whole(1, 256), True, "must be a whole number from 1 to 256, not a boolean"),
        (Whole(1, 256), 4.0, "must be a whole number from 1 to 256, not 4.0"),
        (Whole(1, 256), "4", 'must be a whole number from 1 to 256, not "4"'),
        (Percent(), 100.1, "must be a number from 0 to 100, not 100.1"),
        (Percent(), -0.5, "must be a number from 0 to 100, not -0.5"),
        (Percent(), float("nan"), "must be a number from 0 to 100, not nan"),
        (Percent(), True, "must be a number from 0 to 100, not a boolean"),
        (Percent(), "90 %", 'must be a number from 0 to 100, not "90 %"'),
        (Duration(3600), [], "must be a duration, not a list"),
        (Command(), "", "must not be empty"),
        (Command(), "sh -c 'echo", '"sh -c \'echo" is no command line: no closing quotation'),
        (Command(), "echo \\", '"echo \\\\" is no command line: no escaped character'),
        (UrlPath(), "health", '"health" is no path of a URL; write "/" or "/health"'),
        (UrlPath(), "/a b", '"/a b" is no path of a URL; write "/" or "/health"'),
        (UrlPath(), "/a\r\nX: y", '"/a\\r\\nX: y" is no path of a URL; write "/" or "/health"'),
        (UrlPath(), "/ä", '"/ä" is no path of a URL; write "/" or "/health"'),
        (Table(), "a=1", "must be a table, not a string"),
        (Switch(), 1, "must be true or false, not 1"),
        (Switch(), "true", 'must be true or false, not "true"'),
        (Digest(), HEX, f'"{HEX[:60]}…" is no digest; write "sha256:" before it: "sha256:01234567..."'),
        (Digest(), "sha256:0A", '"sha256:0A" is no digest; write "sha256:" and 64 of 0-9 and a-f'),
        (Image(), "Postgres:16", '"Postgres:16" is no image. Did you mean "postgres:16"?'),
        (Image(), " redis", '" redis" is no image. Did you mean "redis"?'),
        (Image(), "postgres:", '"postgres:" is no image; write "postgres:16-alpine" or "'),
        (Image(), "a//b", '"a//b" is no image; write'),
        (Image(), "https://example.com/x", '"https://example.com/x" is no image; write'),
        (Image(), f"x@sha256:{HEX[:-1]}", '"x@sha256:'),
        (Image(), "x\n", '"x\\n" is no image. Did you mean "x"?'),
        (Image(), 16, "must be a string, not a number"),
    ],
)
def test_wrong_value_is_told(form: Form[Any], value: object, message: str) -> None:
    """Each form says what it wants and what it got."""
    with pytest.raises(InvalidError, match="^" + re.escape(message)):
        form.read(value)


def test_text_of_an_outer_layer_is_read_like_toml() -> None:
    """A variable's text means what the same string means in TOML."""
    assert Duration(3600).read_text("15m") == 900.0
    assert Version().read_text("16") == "16"


def test_whole_number_is_read_from_digits() -> None:
    """A variable's text of digits is a whole number."""
    assert Whole(1, 256).read_text("16") == 16


@pytest.mark.parametrize("text", ["four", "", "1_0", "\u0664", "-1", "4.0", "257", "9" * 5000])
def test_other_digits_are_refused(text: str) -> None:
    """What Python's ``int`` alone would take, or choke on, is refused."""
    with pytest.raises(InvalidError, match="must be a whole number from 1 to 256, not "):
        Whole(1, 256).read_text(text)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("TRUE", True), ("0", False), ("False", False)]
)
def test_switch_is_read_from_a_variable(text: str, value: object) -> None:
    """A variable's text is a boolean in one of four spellings."""
    assert Switch().read_text(text) is value


@pytest.mark.parametrize("text", ["", "yes", "on", "2", "true false"])
def test_another_word_is_no_switch(text: str) -> None:
    """What might mean one thing or the other is refused, with what was meant to be there."""
    with pytest.raises(InvalidError, match=r"^must be 1, true, 0 or false, not "):
        Switch().read_text(text)


def test_matching_form_needs_its_advice() -> None:
    """A form without a sentence for wrong values is not finished."""
    with pytest.raises(NotImplementedError):
        Matching().read("x")


def test_bare_form_reads_nothing() -> None:
    """The base has no values of its own."""
    with pytest.raises(NotImplementedError):
        Form[str]().read("x")
