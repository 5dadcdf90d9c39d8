"""Money, from the request to billing's books, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Neighbour, Place, Rows

MUG = 1
BROKEN = {"reason": "Arrived broken"}


def test_a_payment_is_charged(client: TestClient, place: Place, neighbour: Neighbour) -> None:
    """Billing takes what the order costs, under the order's key."""
    placed = place((MUG, 2))
    assert neighbour.charges() == []
    assert client.post(f"/orders/{placed['id']}/pay").status_code == 200
    assert neighbour.charges() == [
        {"key": f"order-{placed['id']}", "amount_cents": placed["total_cents"], "status": "charged"}
    ]


def test_a_refund_gives_the_money_back(client: TestClient, place: Place, neighbour: Neighbour) -> None:
    """What was charged is refunded, all of it and once."""
    placed = place((MUG, 2))
    client.post(f"/orders/{placed['id']}/pay")
    assert client.post(f"/orders/{placed['id']}/refund", json=BROKEN).status_code == 200
    assert neighbour.charges() == [
        {"key": f"order-{placed['id']}", "amount_cents": placed["total_cents"], "status": "refunded"}
    ]


def test_each_order_has_a_charge_of_its_own(client: TestClient, place: Place, neighbour: Neighbour) -> None:
    """Two orders that cost the same are charged both."""
    ids = [place((MUG, 1))["id"] for _ in range(2)]
    for order_id in ids:
        client.post(f"/orders/{order_id}/pay")
    assert sorted(charge["key"] for charge in neighbour.charges()) == sorted(f"order-{order_id}" for order_id in ids)


@pytest.mark.parametrize("step", ["pay", "refund"])
def test_an_order_that_is_not_to_be_paid_is_not_charged(
    client: TestClient, place: Place, neighbour: Neighbour, step: str
) -> None:
    """What the shop declines by itself does not reach billing."""
    order_id = place((MUG, 1))["id"]
    client.post(f"/orders/{order_id}/cancel")
    assert client.post(f"/orders/{order_id}/{step}", json=BROKEN).status_code == 409
    assert neighbour.charges() == []


def test_a_cancellation_moves_no_money(client: TestClient, place: Place, neighbour: Neighbour) -> None:
    """Of an order that nobody tried to pay, billing hears nothing that it would write down."""
    order_id = place((MUG, 1))["id"]
    assert client.post(f"/orders/{order_id}/cancel").status_code == 200
    assert neighbour.charges() == []


def test_an_order_of_before_has_no_charge_to_give_back(client: TestClient, rows: Rows) -> None:
    """Where billing knows of no charge, nothing is booked as refunded."""
    answer = client.post("/orders/1/refund", json=BROKEN)
    assert (answer.status_code, answer.json()) == (502, {"detail": "billing knows no charge of order 1"})
    assert rows("SELECT status FROM orders WHERE id = 1") == [{"status": "paid"}]
    assert rows("SELECT id FROM refunds WHERE order_id = 1") == []
