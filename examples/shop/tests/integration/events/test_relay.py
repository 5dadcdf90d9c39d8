"""From the outbox to JetStream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal
    from fastapi.testclient import TestClient
    from nats.js import JetStreamContext
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from tests.integration.conftest import Messages, Place, Rows

MUG = 1


class Relay(Protocol):
    """Look once into the outbox."""

    def __call__(self) -> int:
        """Return how many events were published."""


@pytest.fixture
def relay(portal: BlockingPortal, js: JetStreamContext, db_session: Session) -> Relay:
    """Return a function that relays what is in the transaction of the test."""
    from shop.events.relay import relay

    return lambda: portal.call(relay, js, lambda: db_session)


def test_events_are_published_in_their_order(
    client: TestClient, place: Place, relay: Relay, messages: Messages, rows: Rows
) -> None:
    """Each row becomes a message with its subject, its body and its id, and is gone."""
    order_id = place((MUG, 1))["id"]
    client.post(f"/orders/{order_id}/pay")
    waiting = rows("SELECT event_id, subject, body FROM outbox ORDER BY id")
    assert relay() == 2
    assert [
        (message.subject, message.body.decode(), message.headers["Nats-Msg-Id"]) for message in messages("shop-events")
    ] == [(row["subject"], row["body"], str(row["event_id"])) for row in waiting]
    assert rows("SELECT id FROM outbox") == []


def test_an_empty_outbox_publishes_nothing(relay: Relay, messages: Messages) -> None:
    """Without events there are no messages."""
    assert relay() == 0
    assert messages("shop-events") == []


def test_what_was_published_but_not_removed_is_published_once(
    place: Place, relay: Relay, messages: Messages, db_connection: Connection
) -> None:
    """A relay that died between stream and outbox starts over, and the stream has each event once."""
    place((MUG, 1))
    rows = db_connection.execute(text("SELECT event_id, subject, body FROM outbox")).mappings().all()
    relay()
    db_connection.execute(
        text("INSERT INTO outbox (event_id, subject, body) VALUES (:event_id, :subject, :body)"), [dict(*rows)]
    )
    assert relay() == 1
    assert len(messages("shop-events")) == 1


def test_what_cannot_be_published_waits(
    portal: BlockingPortal, js: JetStreamContext, place: Place, relay: Relay, rows: Rows
) -> None:
    """Without a stream the events stay in the outbox; once it is there, they go out."""
    from nats.js.errors import NoStreamResponseError

    from shop.events.stream import ensure_streams

    place((MUG, 1))
    portal.call(js.delete_stream, "shop-events")
    with pytest.raises(NoStreamResponseError):
        relay()
    assert len(rows("SELECT id FROM outbox")) == 1
    portal.call(ensure_streams, js)
    assert relay() == 1


def test_streams_of_other_settings_are_brought_up_to_date(portal: BlockingPortal, js: JetStreamContext) -> None:
    """A release that changes a stream's settings changes the stream that is there, and keeps its messages."""
    from nats.js.api import StreamConfig

    from shop.events.stream import ensure_streams

    portal.call(js.update_stream, StreamConfig(name="shop-events", subjects=["events.>"], max_age=60.0))
    portal.call(js.publish, "events.order.placed", b"{}")
    portal.call(ensure_streams, js)
    info = portal.call(js.stream_info, "shop-events")
    assert (info.config.max_age, info.state.messages) == (7 * 24 * 3600.0, 1)
