"""Orders, from the request to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Place, Rows
    from tests.integration.orders.conftest import StockOf

ADA = 1
MUG, TEA, TEAPOT, SPOON, GLASS = 1, 3, 5, 6, 8
NOBODY = NO_PRODUCT = NO_ORDER = 999_999


def order(*lines: tuple[int, int], user_id: int = ADA) -> dict[str, Any]:
    """Return the body of an order; a line is a product's id and a quantity."""
    return {
        "user_id": user_id,
        "lines": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines],
    }


def test_an_order_is_answered_and_kept(client: TestClient, rows: Rows) -> None:
    """An order is answered with 201, its address and what it costs; the rows say the same."""
    answer = client.post("/orders", json=order((MUG, 2), (TEA, 1)))
    placed = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/orders/{placed['id']}"
    assert (placed["status"], placed["shipping_cents"], placed["total_cents"]) == ("placed", 490, 2 * 1290 + 690 + 490)
    assert (placed["paid_at"], placed["refund"]) == (None, None)
    assert rows(
        "SELECT user_id, status, shipping_cents, total_cents, paid_at FROM orders WHERE id = :id", id=placed["id"]
    ) == [{key: placed[key] for key in ("user_id", "status", "shipping_cents", "total_cents", "paid_at")}]
    assert (
        rows(
            "SELECT product_id, quantity, unit_price_cents FROM order_lines WHERE order_id = :id ORDER BY product_id",
            id=placed["id"],
        )
        == placed["lines"]
    )


def test_the_location_leads_to_the_order(client: TestClient) -> None:
    """What was answered is found again where the Location says."""
    placed = client.post("/orders", json=order((MUG, 1)))
    found = client.get(placed.headers["Location"])
    assert (found.status_code, found.json()) == (200, placed.json())


def test_an_order_takes_from_the_stock(place: Place, stock_of: StockOf) -> None:
    """Each product of the order is there by as many less, and no other is."""
    mugs, teas, teapots = stock_of(MUG, TEA, TEAPOT)
    place((MUG, 2), (TEA, 10))
    assert stock_of(MUG, TEA, TEAPOT) == [mugs - 2, teas - 10, teapots]


def test_the_last_item_can_be_ordered(place: Place, stock_of: StockOf) -> None:
    """An order for exactly what is there leaves nothing."""
    place((SPOON, 1))
    assert stock_of(SPOON) == [0]


def test_large_orders_are_shipped_for_free(place: Place) -> None:
    """From the threshold on only the goods are paid."""
    placed = place((TEAPOT, 1))
    assert (placed["shipping_cents"], placed["total_cents"]) == (0, 5490)


def test_an_order_keeps_its_price(client: TestClient, place: Place, rows: Rows) -> None:
    """A price that changes later does not change an order that was placed."""
    placed = place((MUG, 1))
    client.put(f"/products/{MUG}/price", json={"price_cents": 9990})
    assert client.get(f"/orders/{placed['id']}").json() == placed
    assert rows(
        "SELECT unit_price_cents, price_cents FROM order_lines JOIN products ON products.id = product_id"
        " WHERE order_id = :id",
        id=placed["id"],
    ) == [{"unit_price_cents": 1290, "price_cents": 9990}]


def test_more_than_there_is_is_a_conflict(client: TestClient, rows: Rows, stock_of: StockOf) -> None:
    """An order that the stock does not cover is refused with 409 and leaves no row."""
    orders = rows("SELECT count(*) FROM orders")
    answer = client.post("/orders", json=order((SPOON, 2)))
    assert answer.status_code == 409
    assert answer.json() == {"detail": f"product {SPOON} is out of stock: 2 are not available"}
    assert rows("SELECT count(*) FROM orders") == orders
    assert stock_of(SPOON) == [1]


def test_all_lines_or_none(client: TestClient, rows: Rows, stock_of: StockOf) -> None:
    """Where one line is out of stock, nothing is taken for the others."""
    before = stock_of(MUG, TEA, GLASS)
    lines = rows("SELECT count(*) FROM order_lines")
    assert client.post("/orders", json=order((MUG, 1), (TEA, 1), (GLASS, 1))).status_code == 409
    assert stock_of(MUG, TEA, GLASS) == before
    assert rows("SELECT count(*) FROM order_lines") == lines


def test_an_order_of_nobody_is_not_found(client: TestClient, stock_of: StockOf) -> None:
    """An order needs a user, else it is 404 and nothing is taken."""
    before = stock_of(MUG)
    answer = client.post("/orders", json=order((MUG, 1), user_id=NOBODY))
    assert (answer.status_code, answer.json()) == (404, {"detail": f"there is no user {NOBODY}"})
    assert stock_of(MUG) == before


def test_an_order_of_an_unknown_product_is_not_found(client: TestClient, stock_of: StockOf) -> None:
    """One unknown product makes the order 404, and what came before it is back on the shelf."""
    before = stock_of(MUG)
    answer = client.post("/orders", json=order((MUG, 1), (NO_PRODUCT, 1)))
    assert (answer.status_code, answer.json()) == (404, {"detail": f"there is no product {NO_PRODUCT}"})
    assert stock_of(MUG) == before


@pytest.mark.parametrize(
    "lines", [(), ((MUG, 0),), ((MUG, 1), (MUG, 1)), ((0, 1),)], ids=["no line", "no item", "twice", "no id"]
)
def test_a_bad_order_is_refused(client: TestClient, rows: Rows, lines: tuple[tuple[int, int], ...]) -> None:
    """What is no order is answered with 422 and leaves no row."""
    before = rows("SELECT count(*) FROM orders")
    assert client.post("/orders", json=order(*lines)).status_code == 422
    assert rows("SELECT count(*) FROM orders") == before


def test_an_unknown_order_is_not_found(client: TestClient) -> None:
    """An order that does not exist is answered with 404."""
    answer = client.get(f"/orders/{NO_ORDER}")
    assert (answer.status_code, answer.json()) == (404, {"detail": f"there is no order {NO_ORDER}"})
