"""What the billing service's answers mean."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ValidationError

from shop.errors import BillingFailedError, BillingNonsenseError, DeclinedError

OK, DECLINED, MISSING = 200, 402, 404


class Charge(BaseModel):
    """Money that was taken, or taken and given back."""

    key: str
    amount_cents: int
    status: Literal["charged", "refunded"]


def idempotency_key(order_id: int) -> str:
    """Name the one charge of an order: whoever asks for it again gets the same charge, not another."""
    return f"order-{order_id}"


def read_charge(status: int, body: bytes, expected: Charge) -> Charge:
    """Return the charge that was asked for.

    ``DeclinedError`` where the customer's bank refuses, ``BillingFailedError`` for any other status than 200, and
    ``BillingNonsenseError`` where the body is no charge, or not the expected one: nothing is booked on a guess.
    """
    if status == DECLINED:
        raise DeclinedError("the payment was declined")
    if status != OK:
        raise BillingFailedError(f"billing failed with status {status}")
    try:
        charge = Charge.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise BillingNonsenseError("billing gave an answer that is no charge") from error
    if charge != expected:
        raise BillingNonsenseError(f"billing gave an answer that is not about {expected.key}")
    return charge


def read_refund(status: int, body: bytes, expected: Charge) -> Charge | None:
    """Return the charge that went back, None where billing has none; else the errors of ``read_charge``."""
    return None if status == MISSING else read_charge(status, body, expected)
