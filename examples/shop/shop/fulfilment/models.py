"""The tables of shipments and of notifications."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from shop.database import Base, word_of
from shop.orders.states import Status


class ShipmentState(StrEnum):
    """Where a shipment stands."""

    WAITING = "waiting"
    STOPPED = "stopped"


class Shipment(Base):
    """The goods of an order that was paid, to be packed unless they were stopped; one per order."""

    __tablename__ = "shipments"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'stopped')", name="state_known"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    state: Mapped[ShipmentState] = mapped_column(word_of(ShipmentState))
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Notification(Base):
    """What the customer was told of an order; the key is the event's, so that nobody is told the same twice."""

    __tablename__ = "notifications"
    __table_args__ = (CheckConstraint("status IN ('placed', 'paid', 'cancelled', 'refunded')", name="status_known"),)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    status: Mapped[Status] = mapped_column(word_of(Status))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
