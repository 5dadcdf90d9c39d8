"""Tests of ``juncture.config._parse``: what a declaration becomes, and that any mapping is one or an error."""

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
    from tests.unit.config.conftest import Declare

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


def test_name_of_the_file_is_the_callers() -> None:
    """Messages and sources call the file what the caller calls it."""
    arguments: dict[str, Any] = {"root": Path("/p"), "kinds": {}, "project": "p", "where": "shop/pyproject.toml"}
    assert parse({"shards": 2, "env": {"A": ""}}, **arguments).sources["env.A"].where == "shop/pyproject.toml"
    with pytest.raises(ConfigError, match=r"^shop/pyproject\.toml: tool\.juncture\.shard: "):
        parse({"shard": 2}, **arguments)


def test_empty_text_blanks_a_variable(declare: Declare) -> None:
    """In the environment nothing is a value: it turns a feature of the application off."""
    assert declare('env.SENTRY_DSN = ""').env == (("SENTRY_DSN", Template("", ())),)


def test_variables_keep_the_order_of_the_file(declare: Declare) -> None:
    """Variables and points come in the order of the file."""
    assert [name for name, _ in declare('env = {B = "1", A = "2"}').env] == ["B", "A"]


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
