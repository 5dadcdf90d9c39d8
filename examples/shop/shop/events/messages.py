"""What an event says, and how it is written."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shop.orders.states import Status
from shop.schemas import Identifier


class RejectedError(Exception):
    """A message that no further try would make sense of; says why."""


class OrderEvent(BaseModel):
    """An order has reached a status. Its id is the event's own: what happens twice has two, what is told twice one.

    A field that is not known here is left alone: the one who tells may be newer than the one who listens.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    status: Status
    order_id: Identifier
    user_id: Identifier
    total_cents: Annotated[int, Field(ge=0)]
    at: AwareDatetime

    @property
    def subject(self) -> str:
        """Return the subject to publish the event under."""
        return f"events.order.{self.status}"

    def body(self) -> str:
        """Return the event as JSON."""
        return self.model_dump_json()


def read_event(subject: str, body: bytes) -> OrderEvent:
    """Return the event of a message; ``RejectedError`` where it is none, or came under another event's subject."""
    try:
        event = OrderEvent.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RejectedError(f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}") from None
    if event.subject != subject:
        raise RejectedError(f"an event of {event.subject} came under {subject}")
    return event
