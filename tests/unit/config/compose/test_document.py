"""Tests of ``juncture.config._compose._document``."""

from __future__ import annotations

import sys
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config._compose._document import read_document
from juncture.errors import ConfigError


def read(text: str) -> object:
    """Return the document of a text."""
    return read_document(text, file="c.yml")


def told(text: str) -> str:
    """Return what a text is refused with."""
    with pytest.raises(ConfigError) as raised:
        read(text)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", 'c.yml:5: the key "c" is there twice'),
        ("a: {b: 1, b: 2}\n", 'c.yml:1: the key "b" is there twice'),
        ("a: [1\n", "c.yml:2:1: not valid YAML: "),
        ("a: b: c\n", "c.yml:1:5: not valid YAML: mapping values are not allowed"),
        ("\ta: 1\n", "c.yml:1:1: not valid YAML: "),
        ("a: 1\n---\nb: 2\n", "c.yml:2: there is a second document; write one file with one document"),
        ("a: *b\n", "c.yml:1: the alias *b names nothing before it, or something that it is part of"),
        ("a: &b [1, *b]\n", "c.yml:1: the alias *b names nothing before it, or something that it is part of"),
        ("? [a, b]\n: 1\n", "c.yml:1: a key has to be a text"),
        ("a: &k x\n*k : 1\n", "c.yml:2: a key has to be a text, not an alias"),
        ("a: 1\n<<: [1]\n", "c.yml:2: << takes a table, or a list of tables"),
        ("a: !reset []\n", 'c.yml:1: the tag "!reset" is not supported; write the value itself'),
        ("a: !!python/name:os.system x\n", 'c.yml:1: the tag "!!python/name:os.system" is not supported'),
        ("a: !!python/object/apply:os.system [x]\n", 'c.yml:1: the tag "!!python/object/apply:os.system" is not supp'),
        ("a: \0\n", "c.yml"),
    ],
)
def test_wrong_text_is_told_with_its_line(text: str, line: str) -> None:
    """What is not YAML, or means two things, is refused where it stands."""
    assert told(text).startswith(line)


def test_brackets_without_end_are_refused() -> None:
    """A small file that nests without end would overflow the stack of a parser that follows it."""
    assert told("a: " + "[" * 120_000) == "c.yml:1: it is nested more than 40 levels deep"
    assert told("".join(f"{' ' * depth}a:\n" for depth in range(200))).endswith("more than 40 levels deep")


def test_aliases_that_grow_are_refused() -> None:
    """Nine lists of nine aliases each would be a billion values."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 10)
    )
    assert "with its aliases followed it has more than 20000 values" in told(bomb)


def test_merged_tables_that_grow_are_refused() -> None:
    """A merge key copies as an alias does."""
    rows = "\n".join(f"  k{number}: 1" for number in range(3000))
    assert "more than 20000 values" in told(f"x: &x\n{rows}\n" + "".join(f"y{each}: {{<<: *x}}\n" for each in range(9)))


def test_scalars_are_what_compose_takes_them_for() -> None:
    """Ports, versions and modes keep their text: nothing is read as base 60, octal, a date or a Norwegian no."""
    text = """
    port: 22:22
    version: 1.10
    mode: 0755
    date: 2001-12-14
    country: no
    quoted: "5"
    number: 80
    negative: -1
    huge: 99999999999999999999
    yes: true
    empty:
    tilde: ~
    text: !!str 5
    block: |
      two
      lines
    """
    assert read(text) == {
        "port": "22:22",
        "version": "1.10",
        "mode": "0755",
        "date": "2001-12-14",
        "country": "no",
        "quoted": "5",
        "number": 80,
        "negative": -1,
        "huge": "99999999999999999999",
        "yes": True,
        "empty": None,
        "tilde": None,
        "text": "5",
        "block": "two\nlines\n",
    }


def test_merge_keys_give_way_to_what_is_there() -> None:
    """A table's own keys win wherever the merge stands; of several tables the first one wins."""
    text = """
    a: &a {x: 1, y: 1}
    b: &b {y: 2, z: 2}
    c: {x: 3, <<: [*a, *b]}
    d: {<<: *b, z: 4}
    """
    document = cast("dict[str, Any]", read(text))
    assert document["c"] == {"x": 3, "y": 1, "z": 2}
    assert document["d"] == {"y": 2, "z": 4}


def test_nothing_is_none() -> None:
    """A file of comments has no document."""
    assert read("# nothing\n") is None


def test_missing_library_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML is an extra, and who needs it learns which."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert told("a: 1") == 'c.yml: to read it, juncture needs PyYAML\n  install it: pip install "juncture[compose]"'


@given(st.text(alphabet="ab: -[]{},&*<!#|>'\"\n\t?%@\0~0", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    """No text leads to another exception."""
    try:
        read(text)
    except ConfigError as error:
        told = str(error)
    else:
        told = "c.yml"
    assert told.startswith("c.yml")
