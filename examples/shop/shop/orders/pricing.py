"""What an order costs. Every amount is in whole cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHIPPING_CENTS = 490
FREE_SHIPPING_FROM_CENTS = 5_000
VAT_PERCENT = 19


def goods(lines: Iterable[tuple[int, int]]) -> int:
    """Return what the goods cost; a line is a quantity and a unit price."""
    return sum(quantity * unit_price for quantity, unit_price in lines)


def shipping(goods_cents: int) -> int:
    """Return what shipping costs: nothing from ``FREE_SHIPPING_FROM_CENTS`` on."""
    return 0 if goods_cents >= FREE_SHIPPING_FROM_CENTS else SHIPPING_CENTS


def vat_included(total_cents: int) -> int:
    """Return the value added tax inside a gross amount, a half cent rounded up."""
    gross_percent = 100 + VAT_PERCENT
    return (2 * total_cents * VAT_PERCENT + gross_percent) // (2 * gross_percent)
