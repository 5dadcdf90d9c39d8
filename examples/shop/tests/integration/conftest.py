"""Wire the application to the services that juncture gives each test.

Everything heavy is imported inside a fixture: the controller of pytest-xdist loads this file but runs no test.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from httpx2 import Client
    from juncture.model import Endpoint
    from nats.js import JetStreamContext
    from redis import Redis
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session


class Serve(Protocol):
    """Serve the application from other sessions than its own."""

    def __call__(self, new_session: Callable[[], Session]) -> TestClient:
        """Return a client; each of its requests has a session of its own from *new_session*."""


class Message(NamedTuple):
    """What a stream keeps."""

    subject: str
    body: bytes
    headers: Mapping[str, str]


class Messages(Protocol):
    """Look into a stream."""

    def __call__(self, stream: str) -> list[Message]:
        """Return its messages, the oldest first."""


class Place(Protocol):
    """Place an order of user 1."""

    def __call__(self, *lines: tuple[int, int]) -> dict[str, Any]:
        """Return the order as answered; a line is a product's id and a quantity."""


class Rows(Protocol):
    """Ask the database behind the application's back."""

    def __call__(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of a query, each as a dict."""


@dataclass(slots=True)
class Neighbour:
    """The billing service as a test meets it: an account of the test's own, and a way to have the next answer fail."""

    client: Client
    server: str
    account: str
    patience: float = 10.0
    """Seconds that the shop waits for an answer; only who wants to see it give up sets less."""

    @property
    def url(self) -> str:
        """The address that the shop is given."""
        return f"{self.server}/accounts/{self.account}"

    def fail_next(self, behaviour: str) -> None:
        """Have the next answer to the shop go wrong."""
        answer = self.client.post(f"{self.server}/control/{self.account}/next", json={"behaviour": behaviour})
        assert answer.status_code == 200

    def charges(self) -> list[dict[str, Any]]:
        """Return what billing has on its books."""
        charges: list[dict[str, Any]] = self.client.get(f"{self.url}/charges").json()
        return charges


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


@pytest.fixture(scope="session")
def billing_client(services: Mapping[str, Endpoint]) -> Iterator[Client]:
    """Return a client for requests to the billing service, as the shop makes it."""
    from shop.payments.billing import connect

    with connect(services["billing"].url) as client:
        yield client


@pytest.fixture
def neighbour(billing_client: Client, services: Mapping[str, Endpoint], unique: Callable[[], str]) -> Neighbour:
    """Return the billing service with an account that has no charges."""
    return Neighbour(billing_client, services["billing"].url, unique())


@pytest.fixture
def serve(app: FastAPI, running: TestClient, neighbour: Neighbour, tmp_path: Path) -> Iterator[Serve]:
    """Return a function that starts serving from other sessions, and with an account and a folder of this test."""
    from shop.database import open_session
    from shop.dependencies import billing_account, invoice_store
    from shop.invoices.store import InvoiceStore
    from shop.payments.billing import Billing

    def start(new_session: Callable[[], Session]) -> TestClient:
        def session_of_a_request() -> Iterator[Session]:
            with new_session() as session:  # as the application does: what a request did not commit is gone
                yield session

        app.dependency_overrides = {
            open_session: session_of_a_request,
            billing_account: lambda: Billing(neighbour.client, neighbour.url, seconds=neighbour.patience),
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
def place(client: TestClient) -> Place:
    """Return a function that places an order which succeeds."""

    def order(*lines: tuple[int, int]) -> dict[str, Any]:
        body = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines]
        answer = client.post("/orders", json={"user_id": 1, "lines": body})
        assert answer.status_code == 201
        placed: dict[str, Any] = answer.json()
        return placed

    return order


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


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    """Return a way to call asynchronous functions, in an event loop that runs beside the test."""
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def js(portal: BlockingPortal, services: Mapping[str, Endpoint]) -> Iterator[JetStreamContext]:
    """Return a connection to the server of events, made as the shop makes it; the streams are there."""
    from shop.events.stream import connected, ensure_streams

    with portal.wrap_async_context_manager(connected(services["events"].url)) as js:
        portal.call(ensure_streams, js)
        yield js


@pytest.fixture
def messages(portal: BlockingPortal, js: JetStreamContext) -> Messages:
    """Return a function that reads a whole stream, past every consumer."""

    def read(stream: str) -> list[Message]:
        state = portal.call(js.stream_info, stream).state
        kept = (portal.call(js.get_msg, stream, state.first_seq + each) for each in range(state.messages))
        return [Message(each.subject or "", each.data or b"", each.headers or {}) for each in kept]

    return read


@pytest.fixture
def public(serve: Serve, db_engine: Engine) -> TestClient:
    """Return a client of the application whose requests commit; several threads may use it at once."""
    from sqlalchemy.orm import Session

    return serve(lambda: Session(db_engine))
