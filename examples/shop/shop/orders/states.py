"""The states of an order and the steps between them."""

from __future__ import annotations

from enum import StrEnum

from shop.errors import ConflictError


class Status(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Step(StrEnum):
    """What can be done with an order."""

    PAY = "pay"
    CANCEL = "cancel"
    REFUND = "refund"


INVOICED = frozenset({Status.PAID, Status.REFUNDED})
"""An invoice is there from the payment on; a refund does not take it back."""

_NEXT = {
    (Status.PLACED, Step.PAY): Status.PAID,
    (Status.PLACED, Step.CANCEL): Status.CANCELLED,
    (Status.PAID, Step.REFUND): Status.REFUNDED,
}


def advance(status: Status, step: Step) -> Status:
    """Return the status after *step*; ``ConflictError`` where the step does not lead on from *status*."""
    following = _NEXT.get((status, step))
    if following is None:
        raise ConflictError(f"cannot {step} an order that is {status}")
    return following
