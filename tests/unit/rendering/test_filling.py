"""Texts in YAML: whatever a declaration says, it arrives as it was written."""

from __future__ import annotations

import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from juncture.errors import ConfigError
from juncture.rendering import filling
from juncture.rendering.filling import line, scalar, sequence

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))),
    st.from_regex(r"[-a-zA-Z/~.=<: #\"'{}\[\],&*!|>%@`0-9]{0,12}", fullmatch=True),
    st.sampled_from(
        [
            "-1",
            "-1.50",
            "-0x1f",
            "-.inf",
            "yes",
            "No",
            "NULL",
            "~",
            "1e3",
            "0o17",
            "12:30:45",
            "2026-11-30",
            ".inf",
            "<<",
            "=",
            "a: b",
        ]
    ),
)


@given(TEXTS)
def test_a_scalar_is_the_text_again(text: str) -> None:
    """In a mapping, and in a sequence in brackets, which YAML reads more strictly."""
    assert yaml.safe_load(f"key: {scalar(text)}") == {"key": text}
    assert yaml.safe_load(f"[{scalar(text)}, {scalar(text)}]") == [text, text]


@given(TEXTS)
def test_a_line_is_the_text_again(text: str) -> None:
    """What has its line to itself needs fewer quotes, and is the same text."""
    assert yaml.safe_load(f"key: {line(text)}") == {"key": text}
    assert yaml.safe_load(f"- {line(text)}") == [text]


@given(st.lists(TEXTS, min_size=1))
def test_a_sequence_is_the_texts_again(texts: list[str]) -> None:
    """However long it is, and wherever it is wrapped."""
    assert yaml.safe_load(f"key: {sequence(texts, 6)}") == {"key": texts}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("nox -s unit", "nox -s unit"),
        ("python -m pip install 'juncture[ci]==1.0'", "python -m pip install 'juncture[ci]==1.0'"),
        ("--no-sync --set fsync=off", "--no-sync --set fsync=off"),
        ("postgres:16-alpine@sha256:0a", "postgres:16-alpine@sha256:0a"),
        ("echo 'a: b # c'", "\"echo 'a: b # c'\""),
        ("true", '"true"'),
        ("5432", '"5432"'),
        ("-1", '"-1"'),
        ("-1.50", '"-1.50"'),
        ("-v 1", "-v 1"),
        ("", '""'),
    ],
)
def test_quotes_are_where_they_are_needed(text: str, written: str) -> None:
    """A person would write it like this."""
    assert line(text) == written


def test_without_jinja_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed the extra is told its name."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    filling._environment.cache_clear()
    with pytest.raises(ConfigError, match=r"juncture\[ci\]"):
        filling.fill("github/workflow.yml.jinja")
    filling._environment.cache_clear()
