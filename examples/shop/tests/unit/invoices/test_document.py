"""The text of an invoice."""

from __future__ import annotations

from datetime import date

import pytest

from shop.invoices.document import Invoice, Item, euros, render

INVOICE = Invoice(
    order_id=42,
    day=date(2026, 3, 2),
    customer="Ada Lovelace",
    items=(Item("Blue mug", 2, 1290), Item("Green tea", 1, 690)),
    shipping_cents=490,
)


def test_the_number_tells_year_and_order() -> None:
    """An invoice is numbered by the year of the payment and the order."""
    assert INVOICE.number == "2026-000042"


def test_an_invoice_names_the_customer_and_the_day() -> None:
    """The head tells the number, the day and who paid."""
    assert render(INVOICE).splitlines()[:2] == ["Invoice 2026-000042", "2026-03-02, Ada Lovelace"]


def test_each_line_tells_what_it_comes_to() -> None:
    """A line is quantity, name and the amount for all of them."""
    lines = [line.split() for line in render(INVOICE).splitlines()]
    assert ["2", "x", "Blue", "mug", "25.80"] in lines
    assert ["1", "x", "Green", "tea", "6.90"] in lines


def test_the_total_is_goods_and_shipping() -> None:
    """Shipping, total and the tax inside it close the invoice."""
    assert [line.split()[-1] for line in render(INVOICE).splitlines()[-3:]] == ["4.90", "37.60", "6.00"]


def test_amounts_stand_in_one_column() -> None:
    """Every line with an amount has the same width."""
    assert {len(line) for line in render(INVOICE).splitlines()[3:]} == {60}


@pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (5, "0.05"), (100, "1.00"), (123_456, "1234.56")])
def test_an_amount_has_two_decimals(cents: int, text: str) -> None:
    """Cents are written out, also where they are few."""
    assert euros(cents) == text
