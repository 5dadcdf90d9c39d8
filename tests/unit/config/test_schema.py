"""Tests of ``juncture.config.schema``: it says yes and no where the parser does."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from judged import DOCUMENT, VALIDATOR, accepted, valid

from juncture.config._keys import GATES, POINT, QUARANTINE, SERVICE, TABLES, TOP

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"


@pytest.mark.parametrize("name", ["a", "a-1", "x" * 32, "x" * 33, "9a", "-a", "Db", "a_b", "", "a\n", "é"])
def test_names_are_judged_alike(name: str) -> None:
    """The name of a service or a point is right for both, or wrong for both."""
    for table in (
        {"services": {name: {"kind": "redis"}}},
        {"services": {"db": {"kind": "redis"}}, "points": {name: {"code": ["a"], "service": "db"}}},
    ):
        assert valid(table) is accepted(table)


@pytest.mark.parametrize(
    "name", ["A", "_", "a1", "1A", "A-B", "A\n", "", "Ä", "JUNCTURE_X", "juncture_x", "JUNCTURE", "XJUNCTURE_"]
)
def test_variables_are_judged_alike(name: str) -> None:
    """The name of a variable is right for both, or wrong for both, wherever it stands."""
    web = {"kind": "http", "command": "x", "env": {name: ""}}
    for table in ({"env": {name: "x"}}, {"services": {"web": web}}):
        assert valid(table) is accepted(table)


@pytest.mark.parametrize(
    "text",
    [
        '[services.db]\nkind = "postgres"\n[env]\nA = "{cache.url}"',
        '[services.db]\nkind = "postgres"\n[env]\nA = "{db.port}"',
        '[points.p]\ncode = ["a"]\nservice = "db"',
        'unit = ["tests"]\nintegration = ["tests/it"]',
        'unit = ["a", "./a"]',
        'reports = "."',
        '[env]\nA = ""\na = ""',
        '[services.a]\nkind = "http"\ncommand = "x {b.url}"\n[services.b]\nkind = "http"\ncommand = "x {a.url}"',
        "shards = 4.0",
        '[services.a]\nkind = "http"\ncommand = "x"\ndepends_on = ["b"]',
        '[services.a]\nkind = "container"\nimage = "x"\nports = [80]\nready = { tcp = 81 }',
        '[services.a]\nkind = "container"\nimage = "x"\nready = { log = "[" }',
        '[services.a]\nkind = "container"\nimage = "x"\nports = [80]\nenv = { A = "{a.port_81}" }',
        '[services.a]\nkind = "container"\nimage = "x"\nready = { log = "x" }\nenv = { A = "{a.port}" }',
    ],
)
def test_rules_that_a_schema_cannot_express(text: str) -> None:
    """What is left to the parser alone; docs/reference/cli.md lists the same."""
    table = tomllib.loads(text)
    assert valid(table)
    assert not accepted(table)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("shards = 400", "shards"),
        ("colour = 1", ""),
        ('[services.db]\nkind = "postgres"\nversoin = "16"', "services/db"),
        ('[services.db]\nversion = "16"', "services/db"),
        ('[services.cache]\nkind = "redis"\nmigrate = "x"', "services/cache"),
        ('[services.web]\nkind = "http"\ncommand = "x"\nversion = "1"', "services/web"),
        ('[services.web]\nkind = "http"', "services/web"),
        ('[services.web]\nkind = "http"\ncommand = "x"\nready = { tcp = 1 }', "services/web/ready"),
        ('[services.x]\nkind = "container"\nports = [1]', "services/x"),
        ('[services.x]\nkind = "container"\nimage = "a"\nbuild = "b"\nports = [1]', "services/x"),
        ('[services.x]\nkind = "container"\nimage = "a"', "services/x"),
        (f'[services.x]\nkind = "redis"\nimage = "a@sha256:{"0" * 64}"\ndigest = "sha256:{"0" * 64}"', "services/x"),
        ('unit = ["../elsewhere"]', "unit/0"),
        ('[env]\nA = "{db.url"', "env/A"),
        ("[points.p]\ncode = []\nservice = 'db'", "points/p/code"),
        ("[gates]\ncoverage = 101", "gates/coverage"),
        ("[gates]\ncovrage = 90", "gates"),
    ],
)
def test_mistake_is_marked_where_it_is(text: str, place: str) -> None:
    """An editor underlines the key that is wrong."""
    errors = list(VALIDATOR.iter_errors({"tool": {"juncture": tomllib.loads(text)}}))
    assert "/".join(map(str, errors[0].absolute_path)) == f"tool/juncture/{place}".rstrip("/")


def test_nothing_is_missing_beside_a_compose_file() -> None:
    """What a service lacks may be in that file; a key that no service has, or a wrong value, is marked all the same."""
    services = {"db": {"migrate": "alembic upgrade head"}}
    assert valid({"compose": "compose.yml", "services": services})
    assert not valid({"services": services})
    assert not valid({"compose": "compose.yml", "services": {"db": {"migarte": "x"}}})
    assert not valid({"compose": "compose.yml", "services": {"db": {"reuse": False}}})


def test_reference_example_is_valid() -> None:
    """The declaration that the reference shows is valid as a whole file, among tables of other tools."""
    block = REFERENCE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    document = tomllib.loads(block + '[project]\nname = "shop"\n[tool.ruff]\nline-length = 120\n')
    assert VALIDATOR.is_valid(document)
    assert not VALIDATOR.is_valid({"tool": {"juncture": {**document["tool"]["juncture"], "shards": 0}}})


def test_schema_is_one() -> None:
    """The document is itself valid in the dialect that it names, and every definition in it is used."""
    Draft202012Validator.check_schema(DOCUMENT)
    assert set(_references(DOCUMENT)) == {f"#/$defs/{name}" for name in DOCUMENT["$defs"]}


def _references(schema: object) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        return own + list(itertools.chain.from_iterable(map(_references, schema.values())))
    return list(itertools.chain.from_iterable(map(_references, schema))) if isinstance(schema, list) else []


def test_editor_is_told_of_every_key() -> None:
    """Each key has a description and an example; a default stands where there is one."""
    defs = DOCUMENT["$defs"]
    for definition, keys in (
        ("juncture", TOP),
        ("service", SERVICE),
        ("point", POINT),
        ("quarantined", QUARANTINE),
        ("gates", GATES),
    ):
        shown = defs[definition]["properties"]
        assert list(shown)[: len(keys)] == [key.name for key in keys]
        assert all(shown[key.name]["description"] == key.about and shown[key.name]["examples"] for key in keys)
    assert set(defs["juncture"]["properties"]) - {key.name for key in TOP} == set(TABLES)
    assert defs["juncture"]["properties"]["idle"]["default"] == 900
    assert "default" not in defs["service"]["properties"]["kind"]
