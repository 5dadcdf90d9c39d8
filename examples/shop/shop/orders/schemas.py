"""What is asked and answered about orders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, field_validator

from shop.orders.states import Status
from shop.schemas import Identifier, Line, Request, View


class NewLine(Request):
    """How many of a product to order."""

    product_id: Identifier
    quantity: Annotated[int, Field(ge=1, le=100)]


class NewOrder(Request):
    """A purchase: at least one line, and one line per product."""

    user_id: Identifier
    lines: Annotated[list[NewLine], Field(min_length=1, max_length=50)]

    @field_validator("lines")
    @classmethod
    def _one_line_per_product(cls, lines: list[NewLine]) -> list[NewLine]:
        if len({line.product_id for line in lines}) < len(lines):
            raise ValueError("a product may be there only once")
        return lines


class RefundRequest(Request):
    """Why the money goes back."""

    reason: Line


class LineView(View):
    """One line of an order at the price it was sold for."""

    product_id: int
    quantity: int
    unit_price_cents: int


class RefundView(View):
    """Money given back."""

    amount_cents: int
    reason: str
    refunded_at: datetime


class OrderView(View):
    """An order with all that belongs to it."""

    id: int
    user_id: int
    status: Status
    lines: list[LineView]
    shipping_cents: int
    total_cents: int
    placed_at: datetime
    paid_at: datetime | None
    refund: RefundView | None
