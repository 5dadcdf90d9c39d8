"""From JetStream to the rows, one message at a time, in the transaction of the test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest
from juncture.testing import eventually
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anyio.from_thread import BlockingPortal
    from fastapi.testclient import TestClient
    from nats.js import JetStreamContext
    from sqlalchemy import Connection

    from tests.integration.conftest import Messages, Rows
    from tests.integration.fulfilment.conftest import Progress, Publish

PLACED_ORDER, NO_ORDER = 2, 999_999


class Consume(Protocol):
    """See one message through."""

    def __call__(self, new_session: Callable[[], Session] | None = None) -> bool:
        """Return whether there was one; it is acted on in the transaction of the test unless told otherwise."""


@pytest.fixture
def consume(portal: BlockingPortal, js: JetStreamContext, db_session: Session) -> Iterator[Consume]:
    """Return a consumer that tries a message three times, soon after each other."""
    from shop.fulfilment.consumer import consume, subscribe
    from shop.fulfilment.patience import Patience

    patience = Patience(retry_after=0.01, tries=3)
    subscription = portal.call(subscribe, js, patience)

    def one(new_session: Callable[[], Session] | None = None) -> bool:
        take = partial(consume, js, subscription, new_session or (lambda: db_session), patience, seconds=10)
        return portal.call(take)

    yield one
    portal.call(subscription.unsubscribe)


def event(status: str, *, order_id: int = PLACED_ORDER, event_id: str = "", minute: int = 0) -> tuple[str, bytes]:
    """Return subject and body of an event."""
    body = (
        f'{{"id": "{event_id or uuid4()}", "status": "{status}", "order_id": {order_id}, "user_id": 1,'
        f' "total_cents": 5490, "at": "2026-03-09T18:{minute:02}:00Z"}}'
    )
    return f"events.order.{status}", body.encode()


def done(progress: Progress, *, deliveries: int) -> bool:
    """Tell whether nothing is left to be delivered or acknowledged, and it took so many deliveries."""
    return progress() == (0, 0, deliveries)


def test_a_paid_order_is_shipped(client: TestClient, publish: Publish, consume: Consume, progress: Progress) -> None:
    """Once the event was acted on, the shop shows a shipment, and the event is acknowledged."""
    assert client.get(f"/orders/{PLACED_ORDER}/shipment").status_code == 404
    publish(*event("paid"))
    assert consume()
    answer = client.get(f"/orders/{PLACED_ORDER}/shipment")
    assert answer.status_code == 200
    assert answer.json().items() >= {"order_id": PLACED_ORDER, "state": "waiting"}.items()
    eventually(lambda: done(progress, deliveries=1))


@pytest.mark.parametrize("status", ["placed", "cancelled"])
def test_nothing_is_shipped_without_a_payment(
    client: TestClient, publish: Publish, consume: Consume, status: str
) -> None:
    """The customer is told, and that is all."""
    publish(*event(status))
    assert consume()
    assert client.get(f"/orders/{PLACED_ORDER}/shipment").status_code == 404
    assert [told["status"] for told in client.get(f"/orders/{PLACED_ORDER}/notifications").json()] == [status]


@pytest.mark.parametrize("statuses", [("paid", "refunded"), ("refunded", "paid")], ids="-".join)
def test_a_refunded_order_is_not_shipped(
    client: TestClient, publish: Publish, consume: Consume, statuses: tuple[str, str]
) -> None:
    """The shipment is stopped, also where the events come the wrong way round."""
    minutes = {"paid": 1, "refunded": 2}
    for status in statuses:
        publish(*event(status, minute=minutes[status]))
        assert consume()
    assert client.get(f"/orders/{PLACED_ORDER}/shipment").json()["state"] == "stopped"
    told = client.get(f"/orders/{PLACED_ORDER}/notifications").json()
    assert [each["status"] for each in told] == ["paid", "refunded"]


def test_what_is_told_twice_happens_once(publish: Publish, consume: Consume, rows: Rows, progress: Progress) -> None:
    """The same event in two messages has one effect, and both are acknowledged."""
    for _ in range(2):
        publish(*event("paid", event_id="0b5e0a53-0d3f-4a43-9b6c-55f0a3f2a1c7"))
        assert consume()
    assert rows("SELECT status FROM notifications WHERE order_id = :id", id=PLACED_ORDER) == [{"status": "paid"}]
    assert rows("SELECT state FROM shipments WHERE order_id = :id", id=PLACED_ORDER) == [{"state": "waiting"}]
    eventually(lambda: done(progress, deliveries=2))


@pytest.mark.parametrize(
    ("subject", "body", "reason"),
    [
        ("events.order.paid", b"", "body: Invalid JSON"),
        ("events.order.paid", b"\xff\x00", "body: Invalid JSON"),
        ("events.order.paid", b"[]", "body: Input should be an object"),
        ("events.order.paid", b"{}", "id: Field required"),
        ("events.order.lost", event("lost")[1], "status: Input should be"),
        ("events.order.placed", event("paid")[1], "an event of events.order.paid came under events.order.placed"),
        (*event("paid", order_id=NO_ORDER), f"there is no order {NO_ORDER}"),
        (*event("paid", order_id=2**31), "order_id: Input should be less than"),
    ],
    ids=["empty", "bytes", "list", "no field", "unknown status", "other subject", "no order", "no id"],
)
def test_poison_is_set_aside(  # noqa: PLR0913, PLR0917 - what goes in, what comes out, and whom to ask
    publish: Publish, consume: Consume, messages: Messages, progress: Progress, subject: str, body: bytes, reason: str
) -> None:
    """What will never make sense is delivered once, kept with its reason, and does not stop what comes behind it."""
    publish(subject, body)
    publish(*event("placed"))
    assert consume()
    (letter,) = messages("shop-dead-letters")
    assert (letter.subject, letter.body) == (f"dead.{subject}", body)
    assert letter.headers["Shop-Reason"].startswith(reason)
    assert consume()
    eventually(lambda: done(progress, deliveries=2))
    assert len(messages("shop-dead-letters")) == 1


def test_a_database_that_is_away_is_waited_for(
    publish: Publish, consume: Consume, rows: Rows, messages: Messages, progress: Progress
) -> None:
    """However often it does not answer, the event is delivered until it does."""
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing", poolclass=NullPool)
    publish(*event("paid"))
    for _ in range(4):
        assert consume(lambda: Session(away))
    assert rows("SELECT status FROM notifications WHERE order_id = :id", id=PLACED_ORDER) == []
    assert consume()
    assert rows("SELECT status FROM notifications WHERE order_id = :id", id=PLACED_ORDER) == [{"status": "paid"}]
    eventually(lambda: done(progress, deliveries=5))
    assert messages("shop-dead-letters") == []


def test_what_fails_at_every_try_is_set_aside(
    publish: Publish, consume: Consume, messages: Messages, progress: Progress, db_connection: Connection
) -> None:
    """Where the fault is not the message's own, it has three tries before it is a dead letter."""
    db_connection.execute(text("DROP TABLE notifications"))
    publish(*event("paid"))
    for _ in range(2):
        assert consume()
        assert messages("shop-dead-letters") == []
    assert consume()
    (letter,) = messages("shop-dead-letters")
    assert letter.headers["Shop-Reason"] == "ProgrammingError at every try"
    eventually(lambda: done(progress, deliveries=3))


def test_half_of_what_follows_is_nothing(
    publish: Publish, consume: Consume, rows: Rows, db_connection: Connection
) -> None:
    """Where the shipment can't be written, the customer is told nothing either; the next try does both."""
    db_connection.execute(text("ALTER TABLE shipments RENAME TO lost"))
    publish(*event("paid"))
    assert consume()
    assert rows("SELECT status FROM notifications WHERE order_id = :id", id=PLACED_ORDER) == []
    db_connection.execute(text("ALTER TABLE lost RENAME TO shipments"))
    assert consume()
    assert rows("SELECT status FROM notifications WHERE order_id = :id", id=PLACED_ORDER) == [{"status": "paid"}]
    assert rows("SELECT state FROM shipments WHERE order_id = :id", id=PLACED_ORDER) == [{"state": "waiting"}]


def test_other_subjects_are_left_alone(publish: Publish, consume: Consume, progress: Progress) -> None:
    """The consumer is given the orders' events only."""
    publish("events.product.added", b"{}")
    publish(*event("placed"))
    assert consume()
    eventually(lambda: done(progress, deliveries=1))


@pytest.mark.parametrize("path", ["shipment", "notifications"])
def test_an_unknown_order_has_neither(client: TestClient, path: str) -> None:
    """Of an order that does not exist there is nothing to show."""
    assert client.get(f"/orders/{NO_ORDER}/{path}").status_code == 404
