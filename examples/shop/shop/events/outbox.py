"""The rows of the outbox: an event is recorded with the change that it tells of, and published later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from shop.events.models import Outgoing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from shop.events.messages import OrderEvent


def record(session: Session, event: OrderEvent) -> None:
    """Insert an event; it is published once the transaction is committed, and never where it is not."""
    session.add(Outgoing(event_id=event.id, subject=event.subject, body=event.body()))


def oldest(session: Session, limit: int) -> Sequence[Outgoing]:
    """Return what waits to be published, in the order of the rows."""
    return session.scalars(select(Outgoing).order_by(Outgoing.id).limit(limit)).all()


def remove(session: Session, ids: Collection[int]) -> None:
    """Delete what was published."""
    session.execute(delete(Outgoing).where(Outgoing.id.in_(ids)))
