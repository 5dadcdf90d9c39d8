"""The text of an invoice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shop.orders.pricing import VAT_PERCENT, goods, vat_included

if TYPE_CHECKING:
    from datetime import date

_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an invoice."""

    name: str
    quantity: int
    unit_price_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """All that an invoice tells."""

    order_id: int
    day: date
    customer: str
    items: tuple[Item, ...]
    shipping_cents: int

    @property
    def number(self) -> str:
        """Return the number of the invoice: the year of the payment and the order."""
        return f"{self.day.year}-{self.order_id:06d}"


def render(invoice: Invoice) -> str:
    """Return the invoice as plain text."""
    total = goods((item.quantity, item.unit_price_cents) for item in invoice.items) + invoice.shipping_cents
    lines = [
        f"Invoice {invoice.number}",
        f"{invoice.day.isoformat()}, {invoice.customer}",
        "",
        *(_line(f"{item.quantity} x {item.name}", item.quantity * item.unit_price_cents) for item in invoice.items),
        _line("Shipping", invoice.shipping_cents),
        _line("Total", total),
        _line(f"including {VAT_PERCENT} % VAT", vat_included(total)),
    ]
    return "\n".join(lines) + "\n"


def euros(cents: int) -> str:
    """Write an amount with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def _line(text: str, cents: int) -> str:
    amount = euros(cents)
    return f"{text:<{_WIDTH - len(amount)}}{amount}"
