"""A project whose state takes a while to make, and a look into the server that it is made on."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.isolation import templates
from juncture.isolation.workspace import open_workspace
from juncture.services.postgres import at, connect
from juncture.services.postgres_databases import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.config import Config
    from juncture.isolation.templates import State
    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint
    from juncture.providers.embedded import Server


class Ensure(Protocol):
    """Make the template of the declared service ``db``."""

    def __call__(self, config: Config) -> State:
        """Return its state."""
        ...


@pytest.fixture
def admin(postgres_server: Server) -> Endpoint:
    """Return the administrator's endpoint of the shared Postgres."""
    return postgres_server.endpoint


@pytest.fixture
def project() -> str:
    """Return the name of a project that no other test has."""
    return f"p{secrets.token_hex(4)}"


@pytest.fixture
def database_of(declare: Declare, project: str) -> Callable[..., Config]:
    """Return a function that declares one Postgres ``db`` of this test's project."""

    def declared(**keys: Any) -> Config:
        return declare({"db": {"kind": "postgres"} | keys}, project=project)

    return declared


@pytest.fixture
def open_database(database_of: Callable[..., Config], environ: dict[str, str]) -> Callable[..., Workspace]:
    """Return a function that opens a workspace with one Postgres of this test's project."""
    return lambda **keys: open_workspace(database_of(**keys), environ=environ)


@pytest.fixture
def ensure(admin: Endpoint, shared_home: Path, environ: Mapping[str, str]) -> Ensure:
    """Return a function that makes a template on the shared Postgres."""

    def made(config: Config) -> State:
        state, lease = templates.ensure_template(
            config, config.service("db"), admin, shared_home, lambda database: {**environ, "DB_URL": database.url}
        )
        lease.release()
        return state

    return made


@pytest.fixture
def databases(admin: Endpoint) -> Callable[[str], set[str]]:
    """Return a function that returns the names of the databases with a prefix."""

    def names(prefix: str) -> set[str]:
        return set(listed(admin, [prefix]))

    return names


@pytest.fixture
def ask(admin: Endpoint) -> Callable[[str, str], list[tuple[str | None, ...]]]:
    """Return a function that asks a database something."""

    def asked(database: str, sql: str) -> list[tuple[str | None, ...]]:
        with connect(at(admin, database)) as connection:
            return connection.query(sql)

    return asked
