"""The orders of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Rows

ADA, GRACE, EDSGER = 1, 2, 3
MUG = 1


def test_the_latest_order_comes_first(client: TestClient, rows: Rows) -> None:
    """A new order stands before the older ones, and only the user's own are there."""
    placed = client.post("/orders", json={"user_id": ADA, "lines": [{"product_id": MUG, "quantity": 1}]}).json()
    answer = client.get(f"/users/{ADA}/orders")
    assert answer.status_code == 200
    assert answer.json()[0] == placed
    assert [{"id": order["id"]} for order in answer.json()] == rows(
        "SELECT id FROM orders WHERE user_id = :id ORDER BY id DESC", id=ADA
    )


def test_an_order_is_listed_with_all_that_belongs_to_it(client: TestClient) -> None:
    """Lines and refund are part of the list."""
    orders = {order["status"]: order for order in client.get(f"/users/{GRACE}/orders").json()}
    assert orders["refunded"]["refund"]["amount_cents"] == 2940
    assert orders["cancelled"]["lines"] == [{"product_id": 8, "quantity": 1, "unit_price_cents": 850}]


def test_who_never_bought_has_no_orders(client: TestClient) -> None:
    """No orders is an empty list, not an error."""
    answer = client.get(f"/users/{EDSGER}/orders")
    assert (answer.status_code, answer.json()) == (200, [])


def test_the_orders_of_nobody_are_not_found(client: TestClient) -> None:
    """Without the user there is no list either."""
    assert client.get("/users/999999/orders").status_code == 404
