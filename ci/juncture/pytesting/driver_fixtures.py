"""The fixtures with a driver's own connection, or an asynchronous session, in a transaction that is rolled back."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import asyncpg
    import psycopg
    from sqlalchemy.ext.asyncio import AsyncSession

    from juncture.config import Config, Service
    from juncture.isolation.workspace import Workspace

__all__ = ["Starter", "driver_fixtures", "needs", "noted"]


class Starter(Protocol):
    """What the fixtures need of a run: the declaration, and the workspace before and after it is started."""

    config: Config
    workspace: Workspace

    def start(self) -> Workspace:
        """Return the started workspace."""


@contextmanager
def noted(run: Starter, name: str) -> Iterator[None]:
    """Count the rollback that the block does among the ways to a clean database."""
    began = time.perf_counter()
    yield
    if cleaner := run.start().cleaners.get(name):
        cleaner.note_rollback(time.perf_counter() - began)


@contextmanager
def needs(fixture: str, library: str, service: Service) -> Iterator[None]:
    """Say which library a fixture needs, where the block can't import it."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"{fixture} needs {library}, which is not installed here ({error})",
            hint=f'install it, or connect with services["{service.name}"].url yourself',
        ) from None


def driver_fixtures(run: Starter, service: Service) -> dict[str, Any]:
    """Return the fixtures of a Postgres service by their names; a library is imported when one is first used."""
    prefix = service.name.replace("-", "_")
    return {
        f"{prefix}_psycopg": _psycopg(run, service, f"{prefix}_psycopg"),
        f"{prefix}_asyncpg": _asyncpg(run, service, f"{prefix}_asyncpg"),
        f"{prefix}_async_session": _async_session(run, service, f"{prefix}_async_session"),
    }


def _psycopg(run: Starter, service: Service, name: str) -> Any:
    @pytest.fixture(name=name)
    def connection() -> Iterator[psycopg.Connection]:
        """Give a psycopg connection whose commits stay inside of a transaction that is rolled back after the test."""
        with needs(name, "psycopg", service):
            from juncture.pytesting.held_psycopg import HeldConnection  # noqa: PLC0415 - the user's library
        made = HeldConnection.connect(run.start().endpoints[service.name].url)
        try:
            made.hold()
            yield made
        finally:
            with noted(run, service.name):
                made.let_go()

    return connection


def _asyncpg(run: Starter, service: Service, name: str) -> Any:
    async def connection() -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """Give an asyncpg connection in a transaction that is rolled back; those in it are savepoints."""
        with needs(name, "asyncpg", service):
            import asyncpg  # noqa: PLC0415 - the user's library, for those who use it
        made = await asyncpg.connect(run.start().endpoints[service.name].url)
        transaction = made.transaction()
        await transaction.start()
        try:
            yield made
        finally:
            with noted(run, service.name):
                if not made.is_closed():
                    await made.execute("ROLLBACK")
            await made.close()

    return _asynchronous(connection, name)


def _async_session(run: Starter, service: Service, name: str) -> Any:
    async def session() -> AsyncIterator[AsyncSession]:
        """Give an asynchronous SQLAlchemy session: a commit stays inside of a transaction that is rolled back."""
        with needs(name, "SQLAlchemy with greenlet, and asyncpg or psycopg", service):
            if find_spec("greenlet") is None:
                raise ImportError("no greenlet")
            from sqlalchemy.engine import make_url  # noqa: PLC0415 - the user's library
            from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine  # noqa: PLC0415
            from sqlalchemy.pool import NullPool  # noqa: PLC0415
        driver = "asyncpg" if find_spec("asyncpg") else "psycopg"
        url = make_url(run.start().endpoints[service.name].url).set(drivername=f"postgresql+{driver}")
        engine = create_async_engine(url, poolclass=NullPool)  # one per test: so is its event loop
        async with engine.connect() as connection:
            transaction = await connection.begin()
            try:
                async with AsyncSession(
                    bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
                ) as made:
                    yield made
            finally:
                with noted(run, service.name):
                    if transaction.is_active:
                        await transaction.rollback()
        await engine.dispose()

    return _asynchronous(session, name)


def _asynchronous(function: Callable[[], AsyncIterator[Any]], name: str) -> Any:
    """Return a fixture for the plugin that runs asynchronous tests: pytest-asyncio where it is loaded, else AnyIO's."""
    plugin: Any = sys.modules.get("pytest_asyncio")
    if plugin:
        return plugin.fixture(name=name)(function)
    return pytest.fixture(name=name)(function)
