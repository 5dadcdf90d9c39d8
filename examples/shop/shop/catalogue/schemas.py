"""What is asked and answered about the catalogue."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field, StringConstraints

from shop.schemas import Cents, Line, Request, View

Sku = Annotated[str, StringConstraints(to_upper=True, max_length=20, pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$")]
Quantity = Annotated[int, Field(ge=1, le=10_000)]


class Search(Request):
    """A page of the catalogue: all products, or those with *text* in their name."""

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, to_lower=True, max_length=100, pattern=r"^[^\x00]*$"),
        Field(alias="q"),
    ] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0

    def question(self) -> str:
        """Return the search as text: the same for searches that have the same answer."""
        return "search?" + urlencode({"limit": self.limit, "offset": self.offset, "q": self.text})


class NewProduct(Request):
    """A product to put into the catalogue."""

    sku: Sku
    name: Line
    price_cents: Cents
    quantity: Annotated[int, Field(ge=0, le=10_000)] = 0


class Price(Request):
    """A new price."""

    price_cents: Cents


class Delivery(Request):
    """Goods that arrived."""

    quantity: Quantity


class ProductView(View):
    """A product and how many of it can be ordered."""

    id: int
    sku: str
    name: str
    price_cents: int
    available: int
