"""The rows of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from shop.orders.models import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def add(session: Session, order: Order) -> None:
    """Insert an order with its lines."""
    session.add(order)
    session.flush()


def get(session: Session, order_id: int) -> Order | None:
    """Return the order of that id, if there is one."""
    return session.get(Order, order_id)


def get_locked(session: Session, order_id: int) -> Order | None:
    """Return the order as it is now, and keep everyone else from changing it until the end of the transaction."""
    return session.get(Order, order_id, with_for_update=True, populate_existing=True)


def of_user(session: Session, user_id: int) -> Sequence[Order]:
    """Return the orders of a user, the latest first."""
    return session.scalars(select(Order).where(Order.user_id == user_id).order_by(Order.id.desc())).all()
