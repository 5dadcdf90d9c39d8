"""What an order costs."""

from __future__ import annotations

import pytest

from shop.orders.pricing import FREE_SHIPPING_FROM_CENTS, SHIPPING_CENTS, goods, shipping, vat_included


def test_goods_are_quantities_times_prices() -> None:
    """Every line counts with its quantity."""
    assert goods([(2, 1290), (1, 690)]) == 3270


def test_no_goods_cost_nothing() -> None:
    """An empty list of lines sums up to zero."""
    assert goods([]) == 0


def test_shipping_is_paid_below_the_threshold() -> None:
    """One cent too little and shipping is charged."""
    assert shipping(FREE_SHIPPING_FROM_CENTS - 1) == SHIPPING_CENTS


def test_shipping_is_free_from_the_threshold_on() -> None:
    """The threshold itself is enough."""
    assert shipping(FREE_SHIPPING_FROM_CENTS) == 0


@pytest.mark.parametrize(
    ("gross", "tax"), [(0, 0), (119, 19), (100, 16), (1190, 190), (3, 0), (4, 1), (99_999, 15_966)]
)
def test_the_tax_is_part_of_the_price(gross: int, tax: int) -> None:
    """The tax is 19 of 119 parts, rounded to the nearest cent."""
    assert vat_included(gross) == tax


def test_the_tax_of_large_amounts_is_exact() -> None:
    """No float is involved, so nothing is lost above 2**53."""
    assert vat_included(119 * 10**16) == 19 * 10**16
