"""The fixtures, one set per declared service, named after it."""

from __future__ import annotations

from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from juncture.pytesting.driver_fixtures import driver_fixtures, needs, noted
from juncture.pytesting.migrating import migrations_of
from juncture.pytesting.stubbing import http_stubs, wiremock_stubs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from juncture.config import Service
    from juncture.model import Endpoint
    from juncture.pytesting.driver_fixtures import Starter

__all__ = ["fixtures_for"]


def fixtures_for(run: Starter) -> ModuleType:
    """Return a plugin module whose fixtures are the declared services'.

    ``services`` maps names to endpoints; each Postgres service *name* gives ``name_engine``, ``name_connection``,
    ``name_session``, ``name_async_session``, ``name_psycopg`` and ``name_asyncpg`` (a library is imported when one of
    its fixtures is first used), and ``scratch_database`` makes an empty one.
    ``unique`` makes ids, ``migrations`` runs what ``migrate`` runs. ``http_stubs`` is a server that answers as a test
    says, and each WireMock service *name* gives ``name_stubs``.
    """
    members: dict[str, Any] = {"services": _services(run), "unique": _unique(), "http_stubs": http_stubs()}
    members["migrations"] = migrations_of(run)
    for service in run.config.services:
        if service.kind == "wiremock":
            prefix = service.name.replace("-", "_")
            members[f"{prefix}_stubs"] = wiremock_stubs(service.name, prefix)
        if service.kind == "postgres":
            prefix = service.name.replace("-", "_")
            members["scratch_database"] = _scratch_database(run)
            members[f"{prefix}_engine"] = _engine(run, service, prefix)
            members[f"{prefix}_connection"] = _connection(run, service, prefix)
            members[f"{prefix}_session"] = _session(prefix)
            members |= driver_fixtures(run, service)
    module = ModuleType("juncture_fixtures", "Fixtures of the declared services.")
    vars(module).update(members)
    return module


def _services(run: Starter) -> Any:
    @pytest.fixture(scope="session")
    def services() -> Mapping[str, Endpoint]:
        """Map each declared service to its endpoint, with ``url``, ``host``, ``port``, ``user``, ``password``, ..."""
        return MappingProxyType(run.start().endpoints)

    return services


def _unique() -> Any:
    @pytest.fixture(scope="session", name="unique")
    def make_unique() -> Callable[..., str]:
        """Make a readable id that no other test, worker or run has: ``unique("refund")`` can name a queue or bucket."""
        from juncture.testing import unique  # noqa: PLC0415 - most tests need none

        return unique

    return make_unique


def _engine(run: Starter, service: Service, prefix: str) -> Any:
    @pytest.fixture(scope="session", name=f"{prefix}_engine")
    def engine(services: Mapping[str, Endpoint]) -> Iterator[Engine]:
        """Give a SQLAlchemy engine on this worker's own database; what it commits stays until the test's end."""
        with needs(f"{prefix}_engine", "SQLAlchemy", service):
            from sqlalchemy import create_engine  # noqa: PLC0415 - the user's library, for those who use it
        made = create_engine(services[service.name].url)
        if cleaner := run.start().cleaners.get(service.name):
            cleaner.before_replace.append(made.dispose)
        yield made
        made.dispose()

    return engine


def _connection(run: Starter, service: Service, prefix: str) -> Any:
    @pytest.fixture(name=f"{prefix}_connection")
    def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
        """Give a SQLAlchemy connection in a transaction that is rolled back after the test."""
        engine: Engine = request.getfixturevalue(f"{prefix}_engine")
        with engine.connect() as made:
            transaction = made.begin()
            try:
                yield made
            finally:
                with noted(run, service.name):
                    if transaction.is_active:
                        transaction.rollback()

    return connection


def _session(prefix: str) -> Any:
    @pytest.fixture(name=f"{prefix}_session")
    def session(request: pytest.FixtureRequest) -> Iterator[Session]:
        """Give a SQLAlchemy session in the same transaction: a commit in the code under test stays inside it."""
        from sqlalchemy.orm import Session  # noqa: PLC0415 - the user's library, for those who use it

        connection: Connection = request.getfixturevalue(f"{prefix}_connection")
        with Session(bind=connection, join_transaction_mode="create_savepoint") as made:
            yield made

    return session


def _scratch_database(run: Starter) -> Any:
    @pytest.fixture
    def scratch_database() -> Iterator[Callable[[str], Endpoint]]:
        """Make an empty database on a service, by its name: for tests that migrate. It is dropped after the test."""
        made: list[Endpoint] = []

        def make(service: str) -> Endpoint:
            endpoint = run.start().scratch(service)
            made.append(endpoint)
            return endpoint

        yield make
        for endpoint in made:
            run.start().discard(endpoint)

    return scratch_database
