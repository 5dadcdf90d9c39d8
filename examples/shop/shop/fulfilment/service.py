"""Acting on events, and telling what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.errors import NotFoundError
from shop.events.messages import RejectedError
from shop.fulfilment import repository
from shop.orders import repository as orders
from shop.orders.states import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from shop.events.messages import OrderEvent
    from shop.fulfilment.models import Notification, Shipment


def act(session: Session, event: OrderEvent) -> None:
    """Do what follows from an event, in one transaction; a second time none of it happens again.

    ``RejectedError`` where there is no such order: events are told after the order is committed.
    """
    if orders.get(session, event.order_id) is None:
        raise RejectedError(f"there is no order {event.order_id}")
    repository.notify(session, event)
    if event.status is Status.PAID:
        repository.ship(session, event.order_id)
    elif event.status is Status.REFUNDED:
        repository.stop(session, event.order_id)
    session.commit()


def shipment_of(session: Session, order_id: int) -> Shipment:
    """Return the shipment of an order; ``NotFoundError`` where nothing is to be packed."""
    shipment = repository.shipment(session, order_id)
    if shipment is None:
        raise NotFoundError(f"there is no shipment of an order {order_id}")
    return shipment


def notifications_of(session: Session, order_id: int) -> Sequence[Notification]:
    """Return what the customer was told of an order; ``NotFoundError`` where there is no such order."""
    if orders.get(session, order_id) is None:
        raise NotFoundError(f"there is no order {order_id}")
    return repository.notifications(session, order_id)
