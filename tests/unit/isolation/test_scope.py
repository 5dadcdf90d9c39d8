"""Tests of ``juncture.isolation.scope``."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.config import Template
from juncture.isolation.scope import Scope, filled
from juncture.model import Endpoint

if TYPE_CHECKING:
    from tests.unit.isolation.conftest import Declare

DB = Endpoint(
    service="db",
    kind="postgres",
    provider="embedded",
    product="postgres",
    version="18",
    host="127.0.0.1",
    port=5432,
    password="a b",
    url="postgresql://x",
)


@pytest.fixture
def scope(declare: Declare) -> Scope:
    """Return the scope of a process with one database and one variable for it."""
    config = replace(declare(), env=(("DATABASE_URL", Template("{db.url}", (("db", "url"),))),))
    environ = {"JUNCTURE_HOME": "/home/x", "PATH": "/bin", "DATABASE_URL": "outer"}
    return Scope(config=config, environ=environ, run="1", worker="gw0", kept=False, endpoints={"db": DB})


def test_fields_are_filled_with_attributes() -> None:
    """Literal texts stay as they are; a number becomes its digits."""
    template = Template("", ("x {", ("db", "host"), ":", ("db", "port"), "}"))
    assert filled(template, {"db": DB}) == "x {127.0.0.1:5432}"


def test_fields_can_be_spelled_for_a_command_line() -> None:
    """A value with a space stays one word; what the user wrote is not touched."""
    template = Template("", ("echo $HOME ", ("db", "password")))
    assert shlex.split(filled(template, {"db": DB}, shlex.quote)) == ["echo", "$HOME", "a b"]


def test_environment_has_the_declared_variables_alone(scope: Scope) -> None:
    """What was there before is no part of it."""
    assert scope.environment == {"DATABASE_URL": "postgresql://x"}
    assert str(scope.home) == "/home/x"


def test_commands_work_on_the_endpoint_that_they_are_for(scope: Scope) -> None:
    """A migration of a database that is being built reaches that one, and has everything else from outside."""
    built = replace(DB, url="postgresql://built")
    assert scope.variables(built) == {**scope.environ, "DATABASE_URL": "postgresql://built"}
    assert scope.environment == {"DATABASE_URL": "postgresql://x"}
