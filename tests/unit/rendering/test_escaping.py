"""Escaped texts, and what a platform makes of them again."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.escaping import option
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas


def words_of(options: str) -> list[str]:
    """Return the words that .NET splits options into, on Linux too: its runtime's ``ParseArgumentsIntoList``."""
    words, word, quoted, rest = [], "", False, options
    while rest:
        slashes = len(rest) - len(rest.lstrip("\\"))
        at, rest = rest[slashes : slashes + 1], rest[slashes + 1 :]
        word += "\\" * (slashes // 2 if at == '"' else slashes)
        if at == '"' and slashes % 2:
            word += '"'
        elif at == '"' and quoted and rest.startswith('"'):
            word, rest = word + '"', rest[1:]
        elif at == '"':
            quoted = not quoted
        elif at in {" ", "\t"} and not quoted:
            words.append(word)
            word = ""
        else:
            word += at
    return [*words, word]


def service(ready: str) -> Any:
    """Return the service that is rendered of a container with this ``ready``."""
    table: dict[str, Any] = tomllib.loads("""
        [services.store]
        kind = "container"
        image = "axllent/mailpit:v1.20"
        ports = [9000]
        shared = true
        """)
    table["services"]["store"]["ready"] = {"command": ready}
    config = parse(table, root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), ["github"])
    return yaml.safe_load(file.text)["jobs"]["integration"]["services"]["store"]


@given(st.text(st.sampled_from("ab \"\\$'")))
def test_an_option_is_the_text_again(text: str) -> None:
    """Blanks, quotes and backslashes, at its end too, are in the one word that the runner takes it for."""
    assert words_of(f"--first {option(text)} --last") == ["--first", text, "--last"]


@pytest.mark.parametrize(
    "ready",
    [
        """test "$(cat '/a b')" = "$x" && grep -q '\\d"' /log""",
        "sh -c 'first\n  second \"x\"\n'",
        "test a: b # c",
    ],
)
def test_a_health_check_is_the_command_of_the_declaration(ready: str) -> None:
    """Whatever quotes and lines it has."""
    assert words_of(service(ready)["options"])[:2] == ["--health-cmd", ready]


def test_quotes_are_those_of_a_shell_too() -> None:
    """Where act splits the options, by a shell's rules, a double quote is the same."""
    assert shlex.split(service('test "$x" = 1')["options"])[1] == 'test "$x" = 1'
