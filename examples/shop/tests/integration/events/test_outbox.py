"""What happens to an order is recorded with it, in one transaction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Place, Rows

MUG, GLASS, PAID_ORDER = 1, 8, 1
BROKEN = {"reason": "Arrived broken"}


def outbox(rows: Rows) -> list[dict[str, Any]]:
    """Return what waits to be published, the body as an object."""
    waiting = rows("SELECT event_id, subject, body FROM outbox ORDER BY id")
    return [{**row, "body": json.loads(row["body"])} for row in waiting]


def test_an_order_is_recorded_as_it_is(client: TestClient, place: Place, rows: Rows) -> None:
    """The event tells whose order has reached which status, what it costs and when."""
    placed = place((MUG, 2))
    (event,) = outbox(rows)
    assert event["subject"] == "events.order.placed"
    at = datetime.fromisoformat(event["body"].pop("at"))
    assert event["body"] == {
        "id": str(event["event_id"]),
        "status": "placed",
        "order_id": placed["id"],
        "user_id": 1,
        "total_cents": placed["total_cents"],
    }
    assert abs((at - datetime.fromisoformat(placed["placed_at"])).total_seconds()) < 60
    client.get(f"/orders/{placed['id']}")
    assert len(outbox(rows)) == 1


@pytest.mark.parametrize("steps", [["cancel"], ["pay"], ["pay", "refund"]], ids="-".join)
def test_each_step_is_recorded(client: TestClient, place: Place, rows: Rows, steps: list[str]) -> None:
    """Every status that an order reaches is an event of its own, in that order."""
    order_id = place((MUG, 1))["id"]
    statuses = [client.post(f"/orders/{order_id}/{step}", json=BROKEN).json()["status"] for step in steps]
    events = outbox(rows)
    assert [event["subject"] for event in events] == [f"events.order.{status}" for status in ["placed", *statuses]]
    assert {event["body"]["order_id"] for event in events} == {order_id}
    assert len({event["event_id"] for event in events}) == len(events)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/orders", {"user_id": 1, "lines": [{"product_id": GLASS, "quantity": 1}]}),
        (
            "/orders",
            {"user_id": 1, "lines": [{"product_id": MUG, "quantity": 1}, {"product_id": GLASS, "quantity": 1}]},
        ),
        (f"/orders/{PAID_ORDER}/cancel", {}),
        (f"/orders/{PAID_ORDER}/pay", {}),
        (f"/orders/{PAID_ORDER}/refund", {"reason": ""}),
    ],
    ids=["out of stock", "half out of stock", "cancel", "pay", "refund"],
)
def test_what_was_refused_is_not_told(client: TestClient, rows: Rows, path: str, body: dict[str, Any]) -> None:
    """Where nothing happened there is nothing to publish."""
    assert client.post(path, json=body).status_code in {409, 422}
    assert outbox(rows) == []
