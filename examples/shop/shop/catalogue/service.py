"""Looking through the catalogue and keeping it up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shop.catalogue import repository
from shop.catalogue.schemas import ProductView
from shop.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shop.cache import Cache
    from shop.catalogue.models import Product
    from shop.catalogue.schemas import NewProduct, Search

TOPIC = "catalogue"
"""The cache's word for everything that tells a price or a stock."""

_PAGE = TypeAdapter(list[ProductView])


def search(session: Session, cache: Cache, search: Search) -> tuple[bytes, bool]:
    """Return a page of products as JSON, and whether the cache had it."""

    def page() -> bytes:
        return _PAGE.dump_json([ProductView.model_validate(each) for each in repository.search(session, search)])

    return cache.answer(TOPIC, search.question(), page)


def find(session: Session, product_id: int) -> Product:
    """Return a product; ``NotFoundError`` where there is none."""
    product = repository.get(session, product_id)
    if product is None:
        raise _missing(product_id)
    return product


def add(session: Session, cache: Cache, product: NewProduct) -> Product:
    """Put a product into the catalogue; ``ConflictError`` where its SKU is taken."""
    product_id = repository.add(session, product)
    if product_id is None:
        raise ConflictError(f"{product.sku} is in the catalogue already")
    session.commit()
    cache.invalidate(TOPIC)
    return find(session, product_id)


def change_price(session: Session, cache: Cache, product_id: int, price_cents: int) -> Product:
    """Change the price of a product for orders to come; ``NotFoundError`` where there is no such product."""
    if not repository.set_price(session, product_id, price_cents):
        raise _missing(product_id)
    session.commit()
    cache.invalidate(TOPIC)
    return find(session, product_id)


def restock(session: Session, cache: Cache, product_id: int, quantity: int) -> Product:
    """Add goods that arrived to the stock; ``NotFoundError`` where there is no such product."""
    if not repository.put(session, product_id, quantity):
        raise _missing(product_id)
    session.commit()
    cache.invalidate(TOPIC)
    return find(session, product_id)


def _missing(product_id: int) -> NotFoundError:
    return NotFoundError(f"there is no product {product_id}")
