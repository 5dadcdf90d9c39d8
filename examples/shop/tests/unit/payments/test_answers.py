"""What billing's answers are taken for."""

from __future__ import annotations

import json

import pytest

from shop.errors import BillingFailedError, BillingNonsenseError, DeclinedError
from shop.payments.answers import Charge, idempotency_key, read_charge, read_refund

EXPECTED = Charge(key="order-7", amount_cents=500, status="charged")
BODY = EXPECTED.model_dump()


def encoded(**change: object) -> bytes:
    """Return the body of the expected answer, changed; a field that becomes None is left out."""
    return json.dumps({key: value for key, value in {**BODY, **change}.items() if value is not None}).encode()


def test_an_order_has_one_key() -> None:
    """The key depends on the order alone, and no other order has it."""
    assert idempotency_key(7) == idempotency_key(7) == "order-7"
    assert len({idempotency_key(order_id) for order_id in range(1, 200)}) == 199


def test_a_charge_is_read() -> None:
    """The expected answer is the charge; what else it says is left alone."""
    assert read_charge(200, encoded(), EXPECTED) == EXPECTED
    assert read_charge(200, encoded(fee_cents=3), EXPECTED) == EXPECTED


def test_a_refusal_of_the_bank_is_no_failure() -> None:
    """402 is the customer's affair, whatever the body says."""
    with pytest.raises(DeclinedError):
        read_charge(402, b"<html>", EXPECTED)


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 409, 422, 500, 503])
def test_every_other_status_is_a_failure(status: int) -> None:
    """A status that was not agreed on is a failure that names it, even with a perfect body."""
    with pytest.raises(BillingFailedError, match=f"status {status}$"):
        read_charge(status, encoded(), EXPECTED)


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b'{"key": ', b"null", b"[]", b"\xff", *(encoded(**{field: None}) for field in BODY)],
    ids=["empty", "text", "cut off", "null", "list", "bytes", *(f"no {field}" for field in BODY)],
)
def test_what_is_no_charge_is_nonsense(body: bytes) -> None:
    """Nothing is guessed where a body can't be read or lacks a field."""
    with pytest.raises(BillingNonsenseError, match=r"is no charge$"):
        read_charge(200, body, EXPECTED)


@pytest.mark.parametrize("change", [{"amount_cents": "500"}, {"amount_cents": 500.0}, {"status": "pending"}])
def test_a_field_of_another_type_is_nonsense(change: dict[str, object]) -> None:
    """A number in quotes is no number, and an unknown status no status."""
    with pytest.raises(BillingNonsenseError, match=r"is no charge$"):
        read_charge(200, encoded(**change), EXPECTED)


@pytest.mark.parametrize("change", [{"key": "order-8"}, {"amount_cents": 501}, {"status": "refunded"}])
def test_the_charge_of_something_else_is_nonsense(change: dict[str, object]) -> None:
    """Another order, amount or status than was asked for is not booked."""
    with pytest.raises(BillingNonsenseError, match=r"is not about order-7$"):
        read_charge(200, encoded(**change), EXPECTED)


def test_a_refund_of_nothing_is_none() -> None:
    """404 means for a refund that there was no charge."""
    assert read_refund(404, b"", EXPECTED) is None


def test_a_refund_is_read_like_a_charge() -> None:
    """In everything but 404 the two are alike."""
    refunded = Charge(key="order-7", amount_cents=500, status="refunded")
    assert read_refund(200, encoded(status="refunded"), refunded) == refunded
    with pytest.raises(BillingNonsenseError):
        read_refund(200, encoded(status="charged"), refunded)
    with pytest.raises(BillingFailedError):
        read_refund(500, b"", refunded)
