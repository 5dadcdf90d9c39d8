"""Paying, cancelling and refunding."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Place, Rows
    from tests.integration.orders.conftest import StockOf

MUG, TEA, NO_ORDER = 1, 3, 999_999
BROKEN = {"reason": "Arrived broken"}


def test_a_payment_is_noted(client: TestClient, place: Place, rows: Rows) -> None:
    """A paid order says so and since when; the row says the same."""
    order_id = place((MUG, 1))["id"]
    answer = client.post(f"/orders/{order_id}/pay")
    assert answer.status_code == 200
    assert answer.json()["status"] == "paid"
    assert rows("SELECT status, paid_at FROM orders WHERE id = :id", id=order_id) == [
        {"status": "paid", "paid_at": datetime.fromisoformat(answer.json()["paid_at"])}
    ]


def test_a_payment_leaves_the_stock_alone(client: TestClient, place: Place, stock_of: StockOf) -> None:
    """The goods were taken when the order was placed."""
    order_id = place((MUG, 1))["id"]
    before = stock_of(MUG)
    client.post(f"/orders/{order_id}/pay")
    assert stock_of(MUG) == before


def test_nobody_pays_twice(client: TestClient, place: Place, rows: Rows) -> None:
    """A second payment is a conflict and does not move the first."""
    order_id = place((MUG, 1))["id"]
    paid = client.post(f"/orders/{order_id}/pay").json()
    answer = client.post(f"/orders/{order_id}/pay")
    assert (answer.status_code, answer.json()) == (409, {"detail": "cannot pay an order that is paid"})
    assert rows("SELECT paid_at FROM orders WHERE id = :id", id=order_id) == [
        {"paid_at": datetime.fromisoformat(paid["paid_at"])}
    ]


def test_a_cancellation_puts_the_goods_back(client: TestClient, place: Place, rows: Rows, stock_of: StockOf) -> None:
    """After a cancellation the stock is what it was, and the order says what became of it."""
    before = stock_of(MUG, TEA)
    order_id = place((MUG, 2), (TEA, 3))["id"]
    answer = client.post(f"/orders/{order_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert rows("SELECT status FROM orders WHERE id = :id", id=order_id) == [{"status": "cancelled"}]
    assert stock_of(MUG, TEA) == before


def test_a_paid_order_is_not_cancelled(client: TestClient, place: Place, rows: Rows, stock_of: StockOf) -> None:
    """Once it is paid, an order can't be cancelled, and the goods stay taken."""
    order_id = place((MUG, 1))["id"]
    client.post(f"/orders/{order_id}/pay")
    before = stock_of(MUG)
    answer = client.post(f"/orders/{order_id}/cancel")
    assert (answer.status_code, answer.json()) == (409, {"detail": "cannot cancel an order that is paid"})
    assert rows("SELECT status FROM orders WHERE id = :id", id=order_id) == [{"status": "paid"}]
    assert stock_of(MUG) == before


def test_the_goods_come_back_once(client: TestClient, place: Place, stock_of: StockOf) -> None:
    """A second cancellation is a conflict and puts nothing on the shelf."""
    before = stock_of(MUG)
    order_id = place((MUG, 2))["id"]
    assert client.post(f"/orders/{order_id}/cancel").status_code == 200
    assert client.post(f"/orders/{order_id}/cancel").status_code == 409
    assert stock_of(MUG) == before


def test_a_refund_is_noted(client: TestClient, place: Place, rows: Rows) -> None:
    """A refund gives all the money back, with its reason, in a row of its own."""
    placed = place((MUG, 2))
    client.post(f"/orders/{placed['id']}/pay")
    answer = client.post(f"/orders/{placed['id']}/refund", json=BROKEN)
    assert (answer.status_code, answer.json()["status"]) == (200, "refunded")
    assert rows("SELECT amount_cents, reason FROM refunds WHERE order_id = :id", id=placed["id"]) == [
        {"amount_cents": placed["total_cents"], **BROKEN}
    ]
    assert answer.json()["refund"].items() >= {"amount_cents": placed["total_cents"], **BROKEN}.items()


def test_a_refund_restores_the_stock(client: TestClient, place: Place, stock_of: StockOf) -> None:
    """After a refund the stock is what it was before the order."""
    before = stock_of(MUG, TEA)
    order_id = place((MUG, 2), (TEA, 3))["id"]
    client.post(f"/orders/{order_id}/pay")
    client.post(f"/orders/{order_id}/refund", json=BROKEN)
    assert stock_of(MUG, TEA) == before


def test_what_is_not_paid_is_not_refunded(client: TestClient, place: Place, rows: Rows, stock_of: StockOf) -> None:
    """A refund without a payment is a conflict: no row, no goods."""
    order_id = place((MUG, 1))["id"]
    before = stock_of(MUG)
    answer = client.post(f"/orders/{order_id}/refund", json=BROKEN)
    assert (answer.status_code, answer.json()) == (409, {"detail": "cannot refund an order that is placed"})
    assert rows("SELECT id FROM refunds WHERE order_id = :id", id=order_id) == []
    assert stock_of(MUG) == before


def test_money_goes_back_once(client: TestClient, place: Place, rows: Rows, stock_of: StockOf) -> None:
    """A second refund is a conflict: one row, and the goods are back once."""
    before = stock_of(MUG)
    order_id = place((MUG, 1))["id"]
    client.post(f"/orders/{order_id}/pay")
    assert client.post(f"/orders/{order_id}/refund", json=BROKEN).status_code == 200
    assert client.post(f"/orders/{order_id}/refund", json=BROKEN).status_code == 409
    assert rows("SELECT count(*) FROM refunds WHERE order_id = :id", id=order_id) == [{"count": 1}]
    assert stock_of(MUG) == before


def test_a_refund_needs_a_reason(client: TestClient, place: Place, rows: Rows) -> None:
    """A refund without a reason is answered with 422 and the order stays paid."""
    order_id = place((MUG, 1))["id"]
    client.post(f"/orders/{order_id}/pay")
    assert client.post(f"/orders/{order_id}/refund", json={"reason": ""}).status_code == 422
    assert rows("SELECT status FROM orders WHERE id = :id", id=order_id) == [{"status": "paid"}]


@pytest.mark.parametrize("step", ["pay", "cancel", "refund"])
def test_an_unknown_order_goes_nowhere(client: TestClient, step: str) -> None:
    """No step can be taken with an order that does not exist."""
    answer = client.post(f"/orders/{NO_ORDER}/{step}", json=BROKEN)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"there is no order {NO_ORDER}"})
