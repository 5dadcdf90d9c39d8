"""The tables of products and of what is in stock."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.database import Base


class Product(Base):
    """Something to buy, at today's price."""

    __tablename__ = "products"
    __table_args__ = (CheckConstraint("price_cents >= 0", name="price_not_negative"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sku: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    price_cents: Mapped[int]
    stock: Mapped[Stock] = relationship(lazy="joined", innerjoin=True)

    @property
    def available(self) -> int:
        """Return how many can be ordered."""
        return self.stock.quantity


class Stock(Base):
    """How many of a product lie on the shelf; a row per product, apart from it because orders lock it."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity_not_negative"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    quantity: Mapped[int]


Index("ix_products_lower_name", func.lower(Product.name))
