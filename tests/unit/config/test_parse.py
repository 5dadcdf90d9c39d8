"""Tests of ``juncture.config._parse``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config import Config, Gates, KindSchema, Point, Service, Source, Template, parse
from juncture.config._keys import DENY, POINT, SERVICE, TABLES, TOP
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare, Refused

EXAMPLE = """
unit = ["tests/unit"]
integration = ["tests/integration"]
shards = 4
[services.db]
kind = "postgres"
version = "16"
migrate = "alembic upgrade head"
seed = ["seeds/*.sql"]
[services.cache]
kind = "redis"
[env]
DATABASE_URL = "{db.url}"
REDIS_URL = "{cache.url}"
[points.orders-db]
code = ["shop/orders/repository.py"]
service = "db"
cover = 95
[gates]
coverage = 90.0
drop = 0.5
"""


def test_example_of_the_design(declare: Declare) -> None:
    """The declaration that the documents show is read in full."""
    config = declare(EXAMPLE)
    written = Source("pyproject", "pyproject.toml")
    default = Source("default", "")
    assert config == Config(
        root=Path("/project"),
        project="shop",
        unit=("tests/unit",),
        integration=("tests/integration",),
        shards=4,
        provider="auto",
        reports="reports",
        idle=900.0,
        budget=0.0,
        deny=DENY.default,
        may_skip=(),
        compose="",
        services=(
            Service(
                name="db",
                kind="postgres",
                version="16",
                migrate="alembic upgrade head",
                seed=("seeds/*.sql",),
                watch=(),
            ),
            Service(name="cache", kind="redis"),
        ),
        env=(
            ("DATABASE_URL", Template("{db.url}", (("db", "url"),))),
            ("REDIS_URL", Template("{cache.url}", (("cache", "url"),))),
        ),
        points=(Point(name="orders-db", code=("shop/orders/repository.py",), service="db", cover=95.0),),
        quarantine=(),
        gates=Gates(coverage=90.0, drop=0.5),
        sources={
            "unit": written,
            "integration": written,
            "shards": written,
            "provider": default,
            "reports": default,
            "idle": default,
            "budget": default,
            "history": default,
            "deny": default,
            "may_skip": default,
            "timeout": default,
            "compose": default,
            "services.db.kind": written,
            "services.db.version": written,
            "services.db.migrate": written,
            "services.db.downgrade": default,
            "services.db.seed": written,
            "services.db.watch": default,
            "services.cache.kind": written,
            "services.cache.version": default,
            "env.DATABASE_URL": written,
            "env.REDIS_URL": written,
            "points.orders-db.code": written,
            "points.orders-db.service": written,
            "points.orders-db.cover": written,
            "gates.coverage": written,
            "gates.points": default,
            "gates.changed": default,
            "gates.drop": written,
        },
    )


def test_empty_table_is_a_declaration(declare: Declare) -> None:
    """Every key of the outermost table has a default."""
    config = declare("")
    assert (config.unit, config.integration) == (("tests/unit",), ("tests/integration",))
    assert (config.shards, config.provider, config.reports, config.idle) == (1, "auto", "reports", 900.0)
    assert (config.services, config.env, config.points, config.gates) == ((), (), (), Gates())
    assert {source.layer for source in config.sources.values()} == {"default"}


def test_sources_are_frozen(declare: Declare) -> None:
    """The declaration does not change once it was checked."""
    with pytest.raises(TypeError):
        cast("dict[str, Source]", declare("").sources)["unit"] = Source("default", "")


def test_unknown_key_reads_as_promised(declare: Declare) -> None:
    """The message is the one line of the walkthrough, with file, dotted key and closest match."""
    with pytest.raises(ConfigError) as raised:
        declare('services.db = {kind = "postgres", versoin = "16"}')
    expected = 'pyproject.toml: tool.juncture.services.db.versoin: unknown key. Did you mean "version"?'
    assert str(raised.value) == expected
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db.versoin"


def test_name_of_the_file_is_the_callers() -> None:
    """Messages and sources call the file what the caller calls it."""
    arguments: dict[str, Any] = {"root": Path("/p"), "kinds": {}, "project": "p", "where": "shop/pyproject.toml"}
    assert parse({"shards": 2, "env": {"A": ""}}, **arguments).sources["env.A"].where == "shop/pyproject.toml"
    with pytest.raises(ConfigError, match=r"^shop/pyproject\.toml: tool\.juncture\.shard: "):
        parse({"shard": 2}, **arguments)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("shard = 4", 'shard: unknown key. Did you mean "shards"?'),
        (
            "xyz = 4",
            "xyz: unknown key. Allowed: unit, integration, shards, provider, reports, idle, budget, history, deny,",
        ),
        ("shards = 0", "shards: must be a whole number from 1 to 256, not 0"),
        ("shards = true", "shards: must be a whole number from 1 to 256, not a boolean"),
        ('provider = "podman"', 'provider: unknown value "podman". Allowed: auto, embedded, docker, external.'),
        ('provider = "dcoker"', 'provider: unknown value "dcoker". Did you mean "docker"?'),
        ('reports = ""', "reports: must not be empty"),
        ('reports = "."', 'reports: "." holds the project; name a folder for reports alone'),
        ('reports = "/project/tests"', 'reports: "/project/tests" holds "tests/unit"; name a folder for reports alone'),
        ('idle = "soon"', 'idle: "soon" is not a duration; write seconds or a text such as "90s", "15m" or "2h"'),
        ("idle = nan", "idle: must be from 0 to 168h, not nan"),
        ('unit = "tests"', 'unit: must be a list of strings, not a string; write ["tests"]'),
        ('unit = ["tests"]', 'unit: "tests" (unit) and "tests/integration" (integration) overlap; name folders apart'),
        ('integration = ["tests"]', 'integration: "tests/unit" (unit) and "tests" (integration) overlap; name folders'),
        ("quarantine.a = 5", "quarantine.a: must be a table, not a number"),
        ("quarantine.a.reason = 'x'", 'quarantine.a: "until" is missing; for example until = 2026-12-31'),
        (
            "quarantine.a = {reason = 'x', until = 'soon'}",
            'quarantine.a.until: must be a day such as 2026-12-31, not "soon"',
        ),
        (
            "quarantine.a = {reason = 'x', until = '2026-02-30'}",
            'quarantine.a.until: must be a day such as 2026-12-31, not "2026-02-30"',
        ),
        (
            "quarantine.a = {reason = 'x', until = 2026-12-31T10:00:00}",
            "quarantine.a.until: must be a day such as 2026-12-31, not ",
        ),
        (
            "quarantine.a = {reason = 'x', until = 2026-12-31, unitl = 1}",
            'quarantine.a.unitl: unknown key. Did you mean "until"?',
        ),
        ("env = 5", "env: must be a table, not a number"),
        ("env.A = 5", "env.A: must be a string, not a number"),
        ('env."A B" = "x"', 'env."A B": the name of a variable has letters, digits and _, no digit first'),
        ('env = {Url = "", URL = ""}', 'env.URL: differs from "Url" in case only; rename one'),
        (
            'env.JUNCTURE_RUN = "x"',
            "env.JUNCTURE_RUN: names that begin with JUNCTURE_ are juncture's own; choose another",
        ),
        ('env.A = "{db.url}"', 'env.A: "{db.url}": unknown service "db". No service is declared.'),
        ("gates = 90", "gates: must be a table, not a number"),
        ("gates.covrage = 90", 'gates.covrage: unknown key. Did you mean "coverage"?'),
        ('gates.coverage = "90"', 'gates.coverage: must be a number from 0 to 100, not "90"'),
        ("points = 1979-05-27", "points: must be a table, not a date"),
        ("points.a = []", "points.a: must be a table, not a list"),
        ('points.a = {code = ["x"]}', 'points.a: "service" is missing; for example service = "db"'),
        (
            'points.a = {code = ["x"], service = "db"}',
            'points.a.service: unknown service "db". No service is declared.',
        ),
    ],
)
def test_wrong_declaration_is_told_on_one_line(refused: Refused, text: str, line: str) -> None:
    """Each mistake is one problem, with its dotted key and the next step."""
    (told,) = refused(text)
    assert told.startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('env.A = "{bd.url}"', 'env.A: "{bd.url}": unknown service "bd". Did you mean "db"?'),
        ('env.A = "{db.ulr}"', 'env.A: "{db.ulr}": unknown attribute "ulr". Did you mean "url"?'),
        ('points.a = {code = ["x"], service = "dbs"}', 'points.a.service: unknown service "dbs". Did you mean "db"?'),
        ('points.a = {code = [], service = "db"}', "points.a.code: must not be empty"),
        ('points.a = {code = ["/x"], service = "db"}', 'points.a.code: "/x" is absolute; write it relative to'),
        ('points.a = {code = ["x"], service = "db", cod = 1}', 'points.a.cod: unknown key. Did you mean "code"?'),
        ('points.A = {code = ["x"], service = "db"}', "points.A: a name has 1 to 32 of a-z, 0-9 and -, a letter first"),
    ],
)
def test_wrong_reference_to_a_service_is_told(refused: Refused, text: str, line: str) -> None:
    """What refers to services is checked against those that are declared."""
    (told,) = refused(f'{text}\nservices.db.kind = "postgres"')
    assert told.startswith(line)


def test_broken_service_makes_no_further_problem(refused: Refused) -> None:
    """What refers to a service that is declared but wrong is not told as wrong too."""
    lines = refused(
        """
        services.db = "postgres"
        services.queue = {kind = "rabbit"}
        env = {A = "{db.url}", B = "{queue.anything}"}
        points.a = {code = ["x"], service = "db"}
        """
    )
    assert [line.partition(":")[0] for line in lines] == ["services.db", "services.queue.kind"]


def test_every_problem_is_told_at_once(refused: Refused) -> None:
    """The user meets all problems of all layers in one error."""
    lines = refused(
        'shards = 0\nfoo = 1\nenv.A = "{"\npoints.a = {}',
        environ={"JUNCTURE_IDLE": "x"},
        overrides={"provider": "y", "nonsense": "z"},
    )
    assert [line.partition(": ")[0] for line in lines] == [
        "foo",
        "shards",
        "command line",
        "JUNCTURE_IDLE",
        "env.A",
        "points.a",
        "points.a",
        "command line",
    ]


def test_overlap_by_environment_names_the_variable(refused: Refused) -> None:
    """A check among several values blames the layer that brought the value."""
    assert refused("", environ={"JUNCTURE_REPORTS": "tests/unit/"}) == [
        'JUNCTURE_REPORTS: "tests/unit" holds "tests/unit"; name a folder for reports alone'
    ]


def test_empty_text_blanks_a_variable(declare: Declare) -> None:
    """In the environment nothing is a value: it turns a feature of the application off."""
    assert declare('env.SENTRY_DSN = ""').env == (("SENTRY_DSN", Template("", ())),)


def test_variables_keep_the_order_of_the_file(declare: Declare) -> None:
    """Variables and points come in the order of the file."""
    assert [name for name, _ in declare('env = {B = "1", A = "2"}').env] == ["B", "A"]


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("JUNCTURE_SHARDS", "3", "shards", 3),
        ("JUNCTURE_PROVIDER", "docker", "provider", "docker"),
        ("JUNCTURE_REPORTS", "out/", "reports", "out"),
        ("JUNCTURE_IDLE", "90s", "idle", 90.0),
        ("JUNCTURE_BUDGET", "1.5m", "budget", 90.0),
        ("JUNCTURE_TIMEOUT", "0", "timeout", 0.0),
        ("JUNCTURE_HISTORY", ".cache/./history.json", "history", ".cache/history.json"),
    ],
)
def test_variable_and_option_are_parsed(declare: Declare, variable: str, text: str, key: str, value: object) -> None:
    """A text from outside becomes the same value as from the file."""
    assert getattr(declare("", environ={variable: text}), key) == value
    assert getattr(declare("", overrides={key: text}), key) == value


SHARDS = st.one_of(st.none(), st.integers(1, 256))


@given(in_file=SHARDS, in_environment=SHARDS, on_command_line=SHARDS)
def test_later_layer_wins(
    declare: Declare, in_file: int | None, in_environment: int | None, on_command_line: int | None
) -> None:
    """Of the layers that have a value the last one gives it, and the source tells which."""
    config = declare(
        "" if in_file is None else f"shards = {in_file}",
        environ={} if in_environment is None else {"JUNCTURE_SHARDS": str(in_environment)},
        overrides={} if on_command_line is None else {"shards": str(on_command_line)},
    )
    layers = {
        "command line": on_command_line,
        "environment": in_environment,
        "pyproject": in_file,
        "default": 1,
    }
    winner, value = next((layer, value) for layer, value in layers.items() if value is not None)
    assert config.shards == value
    assert config.sources["shards"].layer == winner


VERSIONS = st.one_of(st.none(), st.sampled_from(["15", "16", "17.2", "latest"]))


@given(in_file=VERSIONS, in_environment=VERSIONS, on_command_line=VERSIONS)
def test_later_layer_wins_for_a_service(
    declare: Declare, in_file: str | None, in_environment: str | None, on_command_line: str | None
) -> None:
    """A service's version follows the same order."""
    config = declare(
        'services.db.kind = "postgres"' + ("" if in_file is None else f'\nservices.db.version = "{in_file}"'),
        environ={} if in_environment is None else {"JUNCTURE_DB_VERSION": in_environment},
        overrides={} if on_command_line is None else {"services.db.version": on_command_line},
    )
    assert config.service("db").version == (on_command_line or in_environment or in_file or "")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.sampled_from(["postgres", "redis", "tests", "tests/unit", "{db.url}", "{db", "15m", "db", "auto", "16"]),
)
NAMES = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*(key.name for key in (*TOP, *SERVICE, *POINT)), *TABLES, "db", "my-db", "my_db", "URL", "url"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)
# Most random mappings fail at their first key: these have the right shape, so that the later checks meet them too.
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        **{key.name: ANYTHING for key in TOP},
        "services": st.dictionaries(NAMES, st.dictionaries(NAMES, SCALARS, max_size=4) | ANYTHING, max_size=4),
        "env": st.dictionaries(NAMES, st.text(alphabet="{}db.url", max_size=10) | SCALARS, max_size=4),
        "points": st.dictionaries(NAMES, st.dictionaries(NAMES, ANYTHING, max_size=3) | ANYTHING, max_size=4),
    },
)


@given(
    table=st.dictionaries(NAMES, ANYTHING, max_size=6) | LIKELY,
    environ=st.dictionaries(
        st.sampled_from(["JUNCTURE_SHARDS", "JUNCTURE_IDLE", "JUNCTURE_DB_VERSION"]), st.text(max_size=6)
    ),
    overrides=st.dictionaries(NAMES | st.just("services.db.version"), st.text(max_size=6), max_size=3),
)
def test_any_mapping_is_a_declaration_or_a_config_error(
    kinds: dict[str, KindSchema], table: dict[str, object], environ: dict[str, str], overrides: dict[str, str]
) -> None:
    """No mapping leads to another exception, an error fits a screen, and a declaration has a source for each value."""
    try:
        config = parse(
            table, root=Path("/p"), kinds=kinds, project="p", environ=environ, overrides=overrides, where="p.toml"
        )
    except ConfigError as error:
        lines = str(error).splitlines()
    else:
        lines = []
        assert set(config.sources) >= {key.name for key in TOP}
        assert set(config.sources) >= {f"services.{service.name}.version" for service in config.services}
        assert set(config.sources) >= {f"env.{name}" for name, _ in config.env}
    assert len(lines) <= 10
    assert all(len(line) <= 5 * 80 for line in lines)


def test_types_that_toml_does_not_have_are_refused(kinds: dict[str, KindSchema]) -> None:
    """A caller's mapping may hold anything; it is told like any wrong type."""
    with pytest.raises(ConfigError, match="must be a list of strings, not a NoneType"):
        parse({"unit": None}, root=Path("/p"), kinds=kinds, project="p")
