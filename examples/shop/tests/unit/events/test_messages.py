"""Events as they are written and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shop.events.messages import OrderEvent, RejectedError, read_event
from shop.orders.states import Status

EVENT = OrderEvent(
    id=UUID("0b5e0a53-0d3f-4a43-9b6c-55f0a3f2a1c7"),
    status=Status.PAID,
    order_id=7,
    user_id=1,
    total_cents=3070,
    at=datetime(2026, 3, 9, 18, 30, tzinfo=UTC),
)
BODY = {
    "id": "0b5e0a53-0d3f-4a43-9b6c-55f0a3f2a1c7",
    "status": "paid",
    "order_id": 7,
    "user_id": 1,
    "total_cents": 3070,
    "at": "2026-03-09T18:30:00Z",
}


def encoded(**change: object) -> bytes:
    """Return a body with fields changed or added."""
    return json.dumps({**BODY, **change}).encode()


def test_an_event_is_written_as_agreed() -> None:
    """The names and forms of the fields are what others rely on."""
    assert json.loads(EVENT.body()) == BODY


@pytest.mark.parametrize("status", Status)
def test_the_subject_tells_the_status(status: Status) -> None:
    """Who listens to one kind of event is given no other."""
    assert EVENT.model_copy(update={"status": status}).subject == f"events.order.{status.value}"


def test_what_was_written_is_read_again() -> None:
    """An event comes out of its message as it went in."""
    assert read_event(EVENT.subject, EVENT.body().encode()) == EVENT


def test_a_field_of_tomorrow_is_left_alone() -> None:
    """The one who tells may be newer than the one who listens."""
    assert read_event(EVENT.subject, encoded(currency="EUR")) == EVENT


@pytest.mark.parametrize("field", BODY)
def test_a_missing_field_is_named(field: str) -> None:
    """An event without one of its fields is rejected, and the reason is one line that says which."""
    body = json.dumps({name: value for name, value in BODY.items() if name != field}).encode()
    with pytest.raises(RejectedError, match=f"^{field}: Field required$"):
        read_event(EVENT.subject, body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "seven"),
        ("status", "lost"),
        ("order_id", 0),
        ("order_id", 2**31),
        ("user_id", "Ada"),
        ("total_cents", -1),
        ("at", "2026-03-09T18:30:00"),
        ("at", "yesterday"),
    ],
)
def test_a_bad_field_is_named(field: str, value: object) -> None:
    """A value that can't be is rejected before any row is touched; a time needs its zone."""
    with pytest.raises(RejectedError, match=f"^{field}: "):
        read_event(EVENT.subject, encoded(**{field: value}))


@pytest.mark.parametrize("body", [b"", b"poison", b"[]", b"\xff\x00", b"{"])
def test_what_is_no_event_is_rejected(body: bytes) -> None:
    """Whatever the bytes are, the answer is the same error with a reason of one line."""
    with pytest.raises(RejectedError, match=r"^body: [^\n]+$"):
        read_event(EVENT.subject, body)


def test_an_event_under_the_wrong_subject_is_rejected() -> None:
    """The subject is part of what was said: where the two differ, neither is believed."""
    with pytest.raises(RejectedError, match=r"^an event of events\.order\.paid came under events\.order\.placed$"):
        read_event("events.order.placed", EVENT.body().encode())
