"""The rows of shipments and notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shop.fulfilment.models import Notification, Shipment, ShipmentState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from shop.events.messages import OrderEvent


def notify(session: Session, event: OrderEvent) -> None:
    """Insert the notification of an event, unless it is there already, whoever inserted it however recently."""
    values = {"event_id": event.id, "order_id": event.order_id, "status": event.status, "at": event.at}
    session.execute(insert(Notification).values(values).on_conflict_do_nothing(index_elements=[Notification.event_id]))


def ship(session: Session, order_id: int) -> None:
    """Have an order packed, unless that was stopped: events may come in another order than they happened."""
    values = {"order_id": order_id, "state": ShipmentState.WAITING}
    session.execute(insert(Shipment).values(values).on_conflict_do_nothing(index_elements=[Shipment.order_id]))


def stop(session: Session, order_id: int) -> None:
    """Keep an order from being packed, now or later."""
    values = {"order_id": order_id, "state": ShipmentState.STOPPED}
    statement = insert(Shipment).values(values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[Shipment.order_id], set_={"state": ShipmentState.STOPPED})
    )


def shipment(session: Session, order_id: int) -> Shipment | None:
    """Return the shipment of an order, if there is one."""
    return session.get(Shipment, order_id)


def notifications(session: Session, order_id: int) -> Sequence[Notification]:
    """Return what the customer was told of an order, in the order in which it happened."""
    statement = select(Notification).where(Notification.order_id == order_id)
    return session.scalars(statement.order_by(Notification.at, Notification.event_id)).all()
