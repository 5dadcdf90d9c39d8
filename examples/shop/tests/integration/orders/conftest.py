"""What the tests of orders have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Rows


class StockOf(Protocol):
    """Look into the stock."""

    def __call__(self, *product_ids: int) -> list[int]:
        """Return the quantity of each product."""


@pytest.fixture
def stock_of(rows: Rows) -> StockOf:
    """Return a function that reads the stock from the database."""

    def quantities(*product_ids: int) -> list[int]:
        stock = {row["product_id"]: row["quantity"] for row in rows("SELECT product_id, quantity FROM stock")}
        return [stock[product_id] for product_id in product_ids]

    return quantities
