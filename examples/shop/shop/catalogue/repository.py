"""The rows of products and stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from shop.catalogue.models import Product, Stock

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from shop.catalogue.schemas import NewProduct, Search


def add(session: Session, product: NewProduct) -> int | None:
    """Insert a product and its stock and return its id; None where the SKU is taken."""
    values = {"sku": product.sku, "name": product.name, "price_cents": product.price_cents}
    statement = insert(Product).values(values).on_conflict_do_nothing(index_elements=[Product.sku])
    product_id = session.scalar(statement.returning(Product.id))
    if product_id is not None:
        session.add(Stock(product_id=product_id, quantity=product.quantity))
    return product_id


def get(session: Session, product_id: int) -> Product | None:
    """Return the product of that id, if there is one."""
    return session.get(Product, product_id)


def search(session: Session, search: Search) -> Sequence[Product]:
    """Return one page of the products whose name contains the text, by name."""
    name = func.lower(Product.name)
    statement = select(Product).where(name.contains(search.text, autoescape=True)).order_by(name, Product.id)
    return session.scalars(statement.limit(search.limit).offset(search.offset)).all()


def prices(session: Session, product_ids: Collection[int]) -> dict[int, int]:
    """Return the price of each product that exists."""
    rows = session.execute(select(Product.id, Product.price_cents).where(Product.id.in_(product_ids)))
    return dict(rows.all())


def names(session: Session, product_ids: Collection[int]) -> dict[int, str]:
    """Return the name of each product that exists."""
    rows = session.execute(select(Product.id, Product.name).where(Product.id.in_(product_ids)))
    return dict(rows.all())


def set_price(session: Session, product_id: int, price_cents: int) -> bool:
    """Change a price; False where there is no such product."""
    statement = update(Product).where(Product.id == product_id).values(price_cents=price_cents)
    return session.scalar(statement.returning(Product.id)) is not None


def put(session: Session, product_id: int, quantity: int) -> bool:
    """Add to the stock of a product; False where there is no such product."""
    statement = update(Stock).where(Stock.product_id == product_id).values(quantity=Stock.quantity + quantity)
    return session.scalar(statement.returning(Stock.product_id)) is not None


def take(session: Session, product_id: int, quantity: int) -> bool:
    """Take from the stock of a product; False where there is not enough.

    Checks and takes in one statement, which waits for whoever holds the row: the last item is sold once.
    """
    enough = (Stock.product_id == product_id) & (Stock.quantity >= quantity)
    statement = update(Stock).where(enough).values(quantity=Stock.quantity - quantity)
    return session.scalar(statement.returning(Stock.product_id)) is not None
