"""Wire the application to the services that juncture gives each test.

Everything heavy is imported inside a fixture: the controller of pytest-xdist loads this file but runs no test.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from juncture.model import Endpoint
    from redis import Redis
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session


class Serve(Protocol):
    """Serve the application from other sessions than its own."""

    def __call__(self, new_session: Callable[[], Session]) -> TestClient:
        """Return a client; each of its requests has a session of its own from *new_session*."""


class Rows(Protocol):
    """Ask the database behind the application's back."""

    def __call__(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of a query, each as a dict."""


class Migrate(Protocol):
    """Bring a database to a revision."""

    def __call__(self, database: Endpoint, revision: str) -> None:
        """Upgrade to a revision, or downgrade to one that starts with ``-`` or is ``base``."""


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """Return the application, built once: only its dependencies change from test to test."""
    from shop.app import create_app

    return create_app()


@pytest.fixture(scope="session")
def running(app: FastAPI) -> Iterator[TestClient]:
    """Return a client of the application in an event loop that serves all tests, which halves the time of a request."""
    from fastapi.testclient import TestClient

    with TestClient(app) as client:
        yield client


@pytest.fixture
def serve(app: FastAPI, running: TestClient, tmp_path: Path) -> Iterator[Serve]:
    """Return a function that starts serving from other sessions, and from a folder of this test."""
    from shop.database import open_session
    from shop.dependencies import invoice_store
    from shop.invoices.store import InvoiceStore

    def start(new_session: Callable[[], Session]) -> TestClient:
        def session_of_a_request() -> Iterator[Session]:
            with new_session() as session:  # as the application does: what a request did not commit is gone
                yield session

        app.dependency_overrides = {
            open_session: session_of_a_request,
            invoice_store: lambda: InvoiceStore(tmp_path),
        }
        return running

    yield start
    app.dependency_overrides = {}


@pytest.fixture
def client(serve: Serve, db_session: Session) -> TestClient:
    """Return a client of the application; its requests share the transaction of the test."""
    return serve(lambda: db_session)


@pytest.fixture
def rows(db_connection: Connection) -> Rows:
    """Return a function that reads rows, to compare them with what the application answered."""
    from sqlalchemy import text

    def read(query: str, **values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in db_connection.execute(text(query), values).mappings()]

    return read


@pytest.fixture
def redis(services: Mapping[str, Endpoint]) -> Iterator[Redis]:
    """Return a client of the cache's server, to look at what the application keeps there."""
    from shop.cache import connect

    with closing(connect(services["cache"].url)) as server:
        yield server


@pytest.fixture(scope="session")
def migrate(pytestconfig: pytest.Config) -> Migrate:
    """Return a function that runs this project's migrations."""
    from alembic import command
    from alembic.config import Config

    def run(database: Endpoint, revision: str) -> None:
        config = Config(pytestconfig.rootpath / "alembic.ini", attributes={"url": database.url})
        downwards = revision == "base" or revision.startswith("-")
        (command.downgrade if downwards else command.upgrade)(config, revision)

    return run
