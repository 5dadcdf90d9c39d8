"""What the tests of orders have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Rows


class Place(Protocol):
    """Place an order of user 1."""

    def __call__(self, *lines: tuple[int, int]) -> dict[str, Any]:
        """Return the order as answered; a line is a product's id and a quantity."""


class StockOf(Protocol):
    """Look into the stock."""

    def __call__(self, *product_ids: int) -> list[int]:
        """Return the quantity of each product."""


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
def stock_of(rows: Rows) -> StockOf:
    """Return a function that reads the stock from the database."""

    def quantities(*product_ids: int) -> list[int]:
        stock = {row["product_id"]: row["quantity"] for row in rows("SELECT product_id, quantity FROM stock")}
        return [stock[product_id] for product_id in product_ids]

    return quantities
