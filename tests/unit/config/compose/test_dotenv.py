"""Tests of ``juncture.config._compose._dotenv``."""

from __future__ import annotations

import pytest

from juncture.config._compose._dotenv import read_dotenv
from juncture.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\n\nA B\n", '.env:3: "A B" is no NAME=value'),
        ("1A=1", '.env:1: "1A=1" is no NAME=value'),
        ("A='x", '.env:1: "\'x" has a quote that is not closed on its line'),
        ('A="x\\"', '.env:1: "\\"x\\\\\\"" has a quote that is not closed on its line'),
        ("A='x' y", '.env:1: "y" stands after the closing quote'),
        ("A=1\nB=${", '.env:2: "${" is no variable; write ${NAME}'),
    ],
)
def test_wrong_line_is_told(text: str, message: str) -> None:
    """A slip is told with its line."""
    with pytest.raises(ConfigError) as raised:
        read_dotenv(text, {}, file=".env")
    assert str(raised.value).startswith(message)


def test_lines_are_read_as_compose_does() -> None:
    """Quotes, comments, and variables of the environment and of lines before mean what they mean there."""
    text = """
    # a comment
    PLAIN=a b  # and why
    HASH=a#b
    export EXPORTED=1
    SPACED = x
    COLON: y
    EMPTY=
    ALONE
    SINGLE='a $HOST # b'
    DOUBLE="a ${HOST}\\n\\"b\\" \\$c" # why
    AGAIN=$PLAIN-${NOBODY:-z}
    OWN=$PLAIN
    PLAIN=c
    """
    assert read_dotenv(text, {"HOST": "h"}, file=".env") == {
        "PLAIN": "c",
        "HASH": "a#b",
        "EXPORTED": "1",
        "SPACED": "x",
        "COLON": "y",
        "EMPTY": "",
        "SINGLE": "a $HOST # b",
        "DOUBLE": 'a h\n"b" $c',
        "AGAIN": "a b-z",
        "OWN": "a b",
    }
