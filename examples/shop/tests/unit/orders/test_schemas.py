"""What may be ordered."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shop.orders.schemas import NewOrder, RefundRequest


def order(*lines: dict[str, Any]) -> NewOrder:
    """Check an order of user 1."""
    return NewOrder.model_validate({"user_id": 1, "lines": lines})


def test_an_order_keeps_its_lines_in_order() -> None:
    """Lines are taken as they come."""
    new = order({"product_id": 3, "quantity": 1}, {"product_id": 1, "quantity": 2})
    assert [(line.product_id, line.quantity) for line in new.lines] == [(3, 1), (1, 2)]


def test_an_order_without_lines_is_refused() -> None:
    """Nothing can't be ordered."""
    with pytest.raises(ValidationError, match="lines"):
        order()


def test_a_product_is_there_only_once() -> None:
    """Two lines of one product are a mistake that the client has to mend."""
    with pytest.raises(ValidationError, match="only once"):
        order({"product_id": 1, "quantity": 1}, {"product_id": 1, "quantity": 2})


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_a_line_orders_something(quantity: int) -> None:
    """A line has a quantity from 1 to 100."""
    with pytest.raises(ValidationError, match="quantity"):
        order({"product_id": 1, "quantity": quantity})


@pytest.mark.parametrize("product_id", [0, -1, 2**31])
def test_an_id_fits_into_the_database(product_id: int) -> None:
    """An id that no row can have is refused before the database is asked."""
    with pytest.raises(ValidationError, match="product_id"):
        order({"product_id": product_id, "quantity": 1})


def test_a_refund_has_a_reason() -> None:
    """A blank reason is none."""
    with pytest.raises(ValidationError, match="reason"):
        RefundRequest(reason="  ")
