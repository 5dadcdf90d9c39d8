"""Tests of ``[tool.juncture.ci]``: what it takes, what it refuses, and that its schema does the same."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from juncture.config import Ci, Job
from juncture.config._ci import CI, JOB
from juncture.config.schema import schema

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare, Refused

    from juncture.config._keys import Key

VALIDATOR = Draft202012Validator(schema({}))

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "ci.md"

FULL = """
[ci]
platforms = ["gitlab", "compose"]
python = ["3.11", "3.14"]
runner = ["self-hosted", "linux"]
tags = ["docker"]
container = "python:3.13-slim"
branches = ["main", "release/*"]
timeout = "15m"
install = ["pip install -r ci.txt"]
setup = ["echo ${{ runner.os }}"]
comment = true
env = { LOG_LEVEL = "debug", JUNCTURE_PROVIDER = "auto" }
permissions = { id-token = "write" }
[ci.jobs.docs]
run = ["nox -s docs", "ls"]
timeout = 60
"""

WRONG = [
    ("platforms = []", "ci.platforms: must not be empty"),
    ('platforms = ["gitlba"]', 'ci.platforms: unknown value "gitlba". Did you mean "gitlab"?'),
    ('python = ["3"]', 'ci.python: "3" is no version such as 3.13'),
    ('python = "3.13"', 'ci.python: must be a list of strings, not a string; write ["3.13"]'),
    ('python = ["3.13", "3.13"]', 'ci.python: "3.13" is there twice'),
    ("runner = [1]", "ci.runner: must be a list of strings, but holds a number"),
    ('setup = ["a\\nb"]', 'ci.setup: "a\\nb" is no command of one line'),
    ('timeout = "7h"', 'ci.timeout: must be from 0 to 6h, not "7h"'),
    ("env = { A = 1 }", "ci.env.A: must be a string, not a number"),
    ('env = { "A-B" = "x" }', "ci.env.A-B: the name of a variable has letters, digits and _, no digit first"),
    ('env = { A = "x\\ny" }', "ci.env.A: has a control character in it, an end of line perhaps"),
    ('permissions = { id-tokn = "write" }', 'ci.permissions.id-tokn: unknown permission. Did you mean "id-token"?'),
    ('permissions = { id-token = "all" }', "ci.permissions.id-token: must be one of read, write, none"),
    ('jobs = { merge = { run = ["x"] } }', "ci.jobs.merge: juncture has a job of that name; choose another"),
    ("jobs = { docs = {} }", 'ci.jobs.docs: "run" is missing; for example run = ["nox -s docs"]'),
    ("jobs = { docs = { run = [] } }", "ci.jobs.docs.run: must not be empty"),
    ("shards = 4", "ci.shards: unknown key."),
]  # fmt: skip


def test_empty_table_is_the_default(declare: Declare) -> None:
    """Who says nothing gets a GitHub workflow with one Python."""
    assert declare("").ci == declare("[ci]").ci == Ci()


def test_everything_is_read(declare: Declare) -> None:
    """Each key arrives in its field."""
    assert declare(FULL).ci == Ci(
        platforms=("gitlab", "compose"),
        python=("3.11", "3.14"),
        runner=("self-hosted", "linux"),
        tags=("docker",),
        container="python:3.13-slim",
        branches=("main", "release/*"),
        timeout=900.0,
        install=("pip install -r ci.txt",),
        setup=("echo ${{ runner.os }}",),
        comment=True,
        env=(("LOG_LEVEL", "debug"), ("JUNCTURE_PROVIDER", "auto")),
        permissions=(("id-token", "write"),),
        jobs=(Job(name="docs", run=("nox -s docs", "ls"), timeout=60.0),),
    )
    assert VALIDATOR.is_valid({"tool": {"juncture": tomllib.loads(FULL)}})


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_is_named(refused: Refused, text: str, message: str) -> None:
    """A message names the key and says what is right, and an editor with the schema marks the same."""
    assert refused(f"[ci]\n{text}")[0].startswith(message)
    assert not VALIDATOR.is_valid({"tool": {"juncture": {"ci": tomllib.loads(text)}}})


def test_every_key_has_a_field() -> None:
    """The types and the keys know the same names."""
    assert [key.name for key in CI] == [field.name for field in fields(Ci)]
    assert ["name", *(key.name for key in JOB)] == [field.name for field in fields(Job)]


@pytest.mark.parametrize("key", [*CI, *JOB], ids=lambda key: key.name)
def test_example_is_right(key: Key[Any]) -> None:
    """The example that messages and the reference show is accepted."""
    assert key.form.read(tomllib.loads(f"example = {key.example}")["example"]) is not None


@pytest.mark.parametrize("key", [*CI, JOB[0]], ids=lambda key: key.name)
def test_reference_has_every_key(key: Key[Any]) -> None:
    """The reference has a row with the key, its default and its example."""
    table = REFERENCE.read_text("utf-8").partition("## `[tool.juncture.ci]`")[2]
    (row,) = (line for line in table.splitlines() if line.startswith(f"| `{key.name}` |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[4] == f"`{key.example}`"
    default = {} if key.required or cells[2] == "none" else tomllib.loads(f"default = {cells[2].strip('`')}")
    assert not default or key.form.read(default["default"]) == key.default
