"""Tests of ``juncture.config.schema``: it says yes and no where the parser does."""

from __future__ import annotations

import copy
import graphlib
import itertools
import posixpath
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from juncture.config import KindSchema, parse
from juncture.config._checks import check_folders, check_reports
from juncture.config._keys import GATES, POINT, QUARANTINE, SERVICE, TABLES, TOP
from juncture.config.schema import schema
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

OBTAINED = {"image", "digest", "reuse", "disposable"}
KINDS = {
    "postgres": KindSchema(
        "postgres", frozenset({"url", "database"}), frozenset({"migrate", "downgrade", "seed", "watch"})
    ),
    "redis": KindSchema("redis", frozenset({"url"}), frozenset(OBTAINED)),
    "http": KindSchema(
        "http",
        frozenset({"url", "port"}),
        frozenset({"command", "ready", "env", "cwd", "timeout", "depends_on"}),
        versioned=False,
        needs=frozenset({"command"}),
    ),
    "container": KindSchema(
        "container",
        frozenset({"url", "port", "host"}),
        frozenset({"image", "build", "digest", "ports", "command", "env", "ready", "depends_on", "shared", "reuse"}),
        versioned=False,
    ),
}
DOCUMENT = schema(KINDS)
VALIDATOR = Draft202012Validator(DOCUMENT)
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"


def valid(table: object) -> bool:
    """Tell whether the schema accepts the content of ``[tool.juncture]``."""
    return VALIDATOR.is_valid({"tool": {"juncture": table}})


def accepted(table: dict[str, Any]) -> bool:
    """Tell whether the parser accepts it."""
    try:
        parse(table, root=Path("/project"), kinds=KINDS, project="shop")
    except ConfigError:
        return False
    return True


NAMES = st.sampled_from(["db", "cache", "web", "a-b", "x" * 32])
VARIABLES = st.sampled_from(["A", "B_1", "_c", "URL"])
TEXTS = st.sampled_from(
    ["x", "", "{db.url}", "{cache.url}{{}}", "{web.port}", "{db.database} {db.url}", "a\nb", "\u2003"]
)
PATHS = st.sampled_from(["tests/unit", "tests/integration", "a", "b/c", "./d", ".hidden", "e f"])
LISTS = st.lists(PATHS, max_size=2)
PERCENT = st.sampled_from([0, 100, 90.5])
SECONDS = st.one_of(st.sampled_from(["90s", " 0.5 h", "15m", "0"]), st.integers(0, 3600), st.just(0.5))
IMAGES = st.sampled_from(["redis", "localhost:5000/team/db:16-alpine", f"a/b@sha256:{'0a' * 32}"])
DIGESTS = st.just(f"sha256:{'0a' * 32}")
REUSE = st.sampled_from([True, "session", "run"])
WORDS = st.sampled_from(["run --port {port}", "'{url}' x", '"{db.url}"', "a\\ b"])
READY = st.sampled_from(
    [
        *("/", "/health?a=b", {"http": "/x"}, {"http": "/x", "port": 80}, {"http": "/", "port": 81}, {"tcp": 80}),
        *({"log": "read[yi]"}, {"log": "read["}, {"command": "pg_isready -q"}),
    ]
)
NASTY = st.sampled_from(
    [
        *({"http": "x"}, {"tcp": 0}, {"tcp": 80, "log": "x"}, {"log": ""}, {"log": "x", "port": 80}, {"command": "'"}),
        *({"tcp": True}, {"port": 80}, {"http": "/", "prot": 1}, [80, 80], [80, 0], ["80"], ["db"], ["nope"], ["a b"]),
        *("session", "always", "postgres:16", "Postgres", f"db@sha256:{'0' * 64}", f"sha256:{'f' * 64}", "{port_80}"),
        *(
            True,
            0,
            1,
            400,
            -1,
            0.5,
            16,
            100.5,
            [],
            {},
            [1],
            ["a", "a"],
            ["*.py"],
            ["../a"],
            {"kind": "redis"},
            {"A": "x"},
        ),
        *(
            "",
            " ",
            "a\0",
            "x",
            "16",
            "{",
            "{}",
            "{db}",
            "{url}",
            "{db.nope}",
            "{db.url",
            "{port}",
            "'",
            "\\",
            "/a",
            "/a b",
        ),
        *("c:/x", "~", "./ ", "1.5h", "169h", "25h", "1h\n", "postgres", "redis", "http", "oracle", "auto", "Auto"),
    ]
)
"""What is wrong nearly everywhere, and right somewhere."""
KEYS = st.sampled_from(
    [
        *("colour", "kind", "version", "migrate", "command", "env", "code", "service", "shards", "services", "budget"),
        *(
            "image",
            "build",
            "digest",
            "ports",
            "ready",
            "depends_on",
            "reuse",
            "http",
            "tcp",
            "port",
            "deny",
            "compose",
        ),
        *(
            "Db",
            "a_b",
            "",
            "y" * 33,
            "db\n",
            "9a",
            "A\n",
            "1A",
            "Ä",
            "JUNCTURE_X",
            "junctureX",
            "Juncture_",
            "a",
            "a b",
        ),
    ]
)
"""Names to give to a key: some fit somewhere, some nowhere."""


def tables(
    needed: Mapping[str, Any] | None = None, **keys: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables that have the needed keys and some of the others."""
    return st.fixed_dictionaries(dict(needed or {}), optional=keys)


SERVICES = st.one_of(
    tables(
        {"kind": st.just("postgres")}, version=st.just("16"), migrate=WORDS, downgrade=WORDS, seed=LISTS, watch=LISTS
    ),
    tables({"kind": st.just("redis")}, version=st.just("9"), image=IMAGES, digest=DIGESTS, reuse=REUSE),
    tables(
        {"kind": st.just("container")},
        image=IMAGES,
        build=PATHS,
        digest=DIGESTS,
        ports=st.sampled_from([[80], [1, 65535]]),
        command=WORDS,
        env=st.dictionaries(VARIABLES, TEXTS, max_size=2),
        ready=READY,
        depends_on=st.lists(st.sampled_from(["db", "cache", "web"]), max_size=2, unique=True),
        shared=st.booleans(),
    ),
    tables({"kind": st.just("container"), "image": IMAGES, "ports": st.just([80])}, ready=READY, reuse=REUSE),
    tables(
        {"kind": st.just("http"), "command": WORDS},
        ready=st.sampled_from(["/", "/health?a=b"]),
        env=st.dictionaries(VARIABLES, TEXTS, max_size=2),
        cwd=PATHS,
        timeout=SECONDS,
    ),
)
FIXED = {"db": st.just({"kind": "postgres"}), "cache": st.just({"kind": "redis"})}
WEB = st.just({"kind": "http", "command": "run {port}"})
DECLARATIONS = tables(
    unit=LISTS,
    integration=LISTS,
    shards=st.integers(1, 256),
    provider=st.sampled_from(["auto", "docker"]),
    reports=st.sampled_from(["reports", "out/it", "/var/out"]),
    idle=SECONDS,
    budget=SECONDS,
    timeout=SECONDS,
    history=PATHS,
    deny=st.lists(st.sampled_from(["prod", "*.example.com", "b?-[x]"]), max_size=2, unique=True),
    compose=st.sampled_from(["compose.yml", "docker/compose.test.yml"]),
    services=st.one_of(
        st.dictionaries(NAMES, SERVICES, max_size=3), tables({**FIXED, "web": WEB}, **{"a-b": SERVICES})
    ),
    env=st.dictionaries(VARIABLES, TEXTS, max_size=3),
    points=st.dictionaries(
        NAMES,
        tables(
            {"code": st.lists(PATHS, min_size=1, max_size=2), "service": st.sampled_from(["db", "cache", "web"])},
            cover=PERCENT,
        ),
        max_size=2,
    ),
    gates=tables(coverage=PERCENT, points=PERCENT, changed=PERCENT, drop=PERCENT),
)
"""Declarations without a mistake, but for what relates two places."""


@st.composite
def mistaken(draw: st.DrawFn) -> dict[str, Any]:
    """Return a declaration in which up to two things were changed: a value, a key's name, or a key taken or added."""
    table = copy.deepcopy(draw(DECLARATIONS))
    for _ in range(draw(st.integers(0, 2))):
        container = draw(st.sampled_from(_containers(table)))
        places = list(container) if isinstance(container, dict) else list(range(len(container)))
        place = draw(st.sampled_from(places)) if places else None
        change = draw(st.sampled_from(["value", "value", "value", "name", "less", "more"]))
        if isinstance(container, dict) and (change == "more" or place is None):
            container[draw(KEYS)] = copy.deepcopy(draw(NASTY))
        elif place is None:
            container.append(copy.deepcopy(draw(NASTY)))
        elif isinstance(container, dict) and change == "name":
            container[draw(KEYS)] = container.pop(place)
        elif change == "less":
            del container[place]
        else:
            container[place] = copy.deepcopy(draw(NASTY))
    return table


def _containers(value: Any) -> list[Any]:
    """Return every table and list in a value, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [each for child in inner for each in _containers(child)]


def beyond_a_schema(table: dict[str, Any]) -> bool:
    """Tell whether one of the rules is broken that relate two places, which no schema can express.

    These are all of them: a reference to a service or an attribute that is not there; services that refer to each other
    in a circle; folders that overlap, or are the same once normalized; variables that are the same but for their case;
    a port of ``ready`` that is none of ``ports``; a log's regular expression that is none. And what a service has may
    be in a compose file, so that nothing is missing in it where there is one.
    """
    declared = table.get("services")
    declared = declared if isinstance(declared, dict) else {}
    return any(
        (
            any(_is_lost(field, own, declared) for own, text in _texts(table, declared) for field in _fields(text)),
            any(str(point.get("service")) not in declared for point in _tables_in(table.get("points"))),
            _go_in_a_circle(declared),
            _overlap(table),
            any(len({name.lower() for name in env}) < len(env) for env in _environments(table, declared)),
            any(str(name) not in declared for each in _tables_in(declared) for name in _list_in(each, "depends_on")),
            "compose" in table,
            any(_asks_another_port(each) or _finds_nothing(each) for each in _tables_in(declared)),
        )
    )


def _tables_in(value: object) -> list[dict[str, Any]]:
    return [each for each in value.values() if isinstance(each, dict)] if isinstance(value, dict) else []


def _list_in(table: dict[str, Any], name: str) -> list[Any]:
    return value if isinstance(value := table.get(name), list) else []


def _asks_another_port(service: dict[str, Any]) -> bool:
    ready = service.get("ready")
    asked = [ready.get("port"), ready.get("tcp")] if isinstance(ready, dict) else []
    return any(port not in (None, *_list_in(service, "ports")) for port in asked)


def _finds_nothing(service: dict[str, Any]) -> bool:
    ready = service.get("ready")
    try:
        re.compile(str(ready.get("log", "")) if isinstance(ready, dict) else "")
    except re.error:
        return True
    return False


def _environments(table: dict[str, Any], declared: dict[str, Any]) -> list[dict[str, Any]]:
    found = [table.get("env"), *(service.get("env") for service in _tables_in(declared))]
    return [each for each in found if isinstance(each, dict)]


def _texts(table: dict[str, Any], declared: dict[str, Any]) -> list[tuple[str, str]]:
    """Return every text with fields, each with the service whose own attributes may stand alone in it."""
    env = table.get("env")
    texts = [("", text) for text in env.values()] if isinstance(env, dict) else []
    for name, service in declared.items():
        if isinstance(service, dict):
            own = service.get("env")
            texts += [(name, text) for text in (own.values() if isinstance(own, dict) else ())]
            texts.append((name, service.get("command")))
    return [(own, text) for own, text in texts if isinstance(text, str)]


def _fields(text: str) -> list[str]:
    return [token[1:-1] for token in re.findall(r"\{\{|\}\}|\{[^{}]*\}", text) if len(token) > 2]


def _attributes(declared: dict[str, Any], name: str) -> frozenset[str]:
    service = declared.get(name)
    kind = service.get("kind") if isinstance(service, dict) else None
    known = KINDS[kind].attributes if isinstance(kind, str) and kind in KINDS else frozenset()
    if not isinstance(service, dict) or kind != "container":
        return known
    ports = _list_in(service, "ports")
    return known.union(f"port_{port}" for port in ports) if ports else known - {"url", "port"}


def _is_lost(field: str, own: str, declared: dict[str, Any]) -> bool:
    """Tell whether a field is well formed, but names nothing."""
    service, _, attribute = field.rpartition(".")
    return attribute not in _attributes(declared, service or own)


def _go_in_a_circle(declared: dict[str, Any]) -> bool:
    references = {
        name: {field.partition(".")[0] for own, text in _texts({}, declared) if own == name for field in _fields(text)}
        - {name, "url", "port", "host", "port_80"}
        for name in declared
    }
    for name, service in declared.items():
        if isinstance(service, dict):
            references[name] |= {each for each in _list_in(service, "depends_on") if isinstance(each, str)}
    try:
        graphlib.TopologicalSorter(references).prepare()
    except graphlib.CycleError:
        return True
    return False


def _overlap(table: dict[str, Any]) -> bool:
    lists = [table.get("unit", ["tests/unit"]), table.get("integration", ["tests/integration"])]
    unit, integration = ([f for f in each if isinstance(f, str)] if isinstance(each, list) else [] for each in lists)
    normal = [[posixpath.normpath(folder) for folder in folders] for folders in (unit, integration)]
    reports = table.get("reports", "reports")
    repeated = any(len(set(folders)) < len(folders) for folders in normal)
    tests = [*normal[0], *normal[1]]
    held = isinstance(reports, str) and any(check_reports("/project", posixpath.normpath(reports), tests))
    return repeated or held or any(check_folders(*normal))


@settings(max_examples=600)
@given(mistaken())
def test_schema_accepts_what_the_parser_accepts(table: dict[str, Any]) -> None:
    """Schema and parser agree on every declaration that breaks no rule between two places."""
    assume(not beyond_a_schema(table))
    right = accepted(table)
    event("accepted" if right else "refused")
    assert valid(table) is right


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


@given(mistaken())
def test_schema_refuses_nothing_that_the_parser_accepts(table: dict[str, Any]) -> None:
    """Whatever rules are broken: an editor never marks what is right."""
    assert valid(table) or not accepted(table)


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
