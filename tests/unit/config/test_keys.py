"""Tests of ``juncture.config._keys``: the table against the types, the parser and the reference."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from juncture.config import Config, Gates, Point, Quarantine, Service
from juncture.config._keys import GATES, OPTIONS, POINT, QUARANTINE, SERVICE, TABLES, TOP, Key

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
EVERY = [*TOP, *SERVICE, *POINT, *QUARANTINE, *GATES]
OPTIONAL = [key for key in (*TOP, *SERVICE) if key.default not in ("", ())]
"""The keys whose default is a value: what is empty stands for none."""


def test_every_key_has_a_field() -> None:
    """The frozen types and the table of keys know the same names."""
    assert {key.name for key in TOP} | set(TABLES) == {field.name for field in fields(Config)} - {
        "root",
        "project",
        "named",
        "sources",
        "notes",
    }
    assert {key.name for key in SERVICE} == {field.name for field in fields(Service)} - {"name"}
    assert {key.name for key in POINT} == {field.name for field in fields(Point)} - {"name"}
    assert {key.name for key in QUARANTINE} == {field.name for field in fields(Quarantine)} - {"test"}
    assert [key.name for key in GATES] == [field.name for field in fields(Gates)]


@pytest.mark.parametrize("key", EVERY, ids=lambda key: key.name)
def test_example_is_right(key: Key[Any]) -> None:
    """The example that messages and the reference show is accepted."""
    assert key.form.read(tomllib.loads(f"example = {key.example}")["example"]) is not None


@pytest.mark.parametrize("key", OPTIONAL, ids=lambda key: key.name)
def test_default_is_right(key: Key[Any]) -> None:
    """The default is a value that the form itself gives, from what an editor shows of it."""
    assert key.form.read(key.form.written(key.default)) == key.default


def test_only_options_depend_on_the_kind() -> None:
    """Every service has a kind and a version; the rest are options."""
    assert {key.name for key in SERVICE} - {key.name for key in OPTIONS} == {"kind", "version"}


def test_reference_begins_with_a_right_example(declare: Declare) -> None:
    """The declaration that the reference shows is accepted as it stands."""
    block = REFERENCE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    text = block.replace("[tool.juncture]\n", "").replace("[tool.juncture.", "[")
    assert [service.name for service in declare(text).services] == ["db", "cache"]


@pytest.mark.parametrize("key", EVERY, ids=lambda key: key.name)
def test_reference_has_every_key(key: Key[Any]) -> None:
    """The reference has a row with the key, its variable and its example."""
    rows = [line for line in REFERENCE.read_text("utf-8").splitlines() if line.startswith(f"| `{key.name}` |")]
    assert len(rows) == [each.name for each in EVERY].count(key.name)
    told = [[cell.strip() for cell in row.strip("|").split("|")][2:] for row in rows]
    variable = f"`{key.variable.replace('*', '<NAME>')}`" if key.variable else ""
    assert [variable, f"`{key.example}`", key.required] in [
        [written, example, default == "required"] for default, written, example in told
    ]


@pytest.mark.parametrize("key", OPTIONAL, ids=lambda key: key.name)
def test_reference_has_every_default(key: Key[Any]) -> None:
    """The default in the reference is the one that applies."""
    row = next(line for line in REFERENCE.read_text("utf-8").splitlines() if line.startswith(f"| `{key.name}` |"))
    written = row.strip("|").split("|")[2].strip().strip("`")
    assert key.form.read(tomllib.loads(f"default = {written}")["default"]) == key.default
