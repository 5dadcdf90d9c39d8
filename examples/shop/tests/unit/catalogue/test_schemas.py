"""What may be asked of the catalogue and put into it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shop.catalogue.schemas import Delivery, NewProduct, Price, Search
from shop.schemas import MAX_CENTS


def test_searches_with_the_same_answer_are_the_same_question() -> None:
    """Case, surrounding space and spelt-out defaults do not make another question."""
    plain = Search.model_validate({"q": "mug"})
    spelt = Search.model_validate({"q": "  MUG ", "limit": "20", "offset": "0"})
    assert plain.question() == spelt.question()


def test_searches_with_another_answer_are_other_questions() -> None:
    """Text, limit and offset each make another question, also where they look alike when joined."""
    searches: list[dict[str, str | int]] = [
        {"q": "mug"},
        {"q": "mugs"},
        {"q": "mug", "limit": 2},
        {"q": "mug", "offset": 2},
        {"q": "mug&limit=2"},
    ]
    assert len({Search.model_validate(search).question() for search in searches}) == 5


def test_all_products_is_a_search_without_text() -> None:
    """The first page of the whole catalogue is the default."""
    assert Search().question() == "search?limit=20&offset=0&q="


@pytest.mark.parametrize("search", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"q": "m" * 101}, {"q": "\x00"}])
def test_a_search_has_bounds(search: dict[str, str | int]) -> None:
    """Nobody asks for everything at once, or for what no name can hold."""
    with pytest.raises(ValidationError):
        Search.model_validate(search)


def test_a_sku_is_kept_in_capitals() -> None:
    """A SKU reads the same however it was typed."""
    assert NewProduct(sku="mug-blue", name="Blue mug", price_cents=1290).sku == "MUG-BLUE"


@pytest.mark.parametrize("sku", ["", "-MUG", "MUG-", "MUG--BLUE", "MUG BLUE", "M" * 21])
def test_what_is_no_sku_is_refused(sku: str) -> None:
    """A SKU is words of letters and digits, joined by dashes."""
    with pytest.raises(ValidationError, match="sku"):
        NewProduct(sku=sku, name="Blue mug", price_cents=1290)


@pytest.mark.parametrize("cents", [-1, MAX_CENTS + 1, 12.5])
def test_what_is_no_price_is_refused(cents: float) -> None:
    """A price is whole cents, from nothing to the limit."""
    with pytest.raises(ValidationError, match="price_cents"):
        Price.model_validate({"price_cents": cents})


@pytest.mark.parametrize("cents", [0, MAX_CENTS])
def test_the_bounds_of_a_price_are_prices(cents: int) -> None:
    """A gift and the dearest product can be sold."""
    assert Price(price_cents=cents).price_cents == cents


@pytest.mark.parametrize("quantity", [0, -5, 10_001])
def test_a_delivery_brings_something(quantity: int) -> None:
    """A delivery of nothing, or of less, is a mistake."""
    with pytest.raises(ValidationError, match="quantity"):
        Delivery(quantity=quantity)
