"""The steps between the states of an order."""

from __future__ import annotations

from itertools import product

import pytest

from shop.errors import ConflictError
from shop.orders.states import INVOICED, Status, Step, advance

ALLOWED = {
    (Status.PLACED, Step.PAY): Status.PAID,
    (Status.PLACED, Step.CANCEL): Status.CANCELLED,
    (Status.PAID, Step.REFUND): Status.REFUNDED,
}


@pytest.mark.parametrize(("status", "step"), ALLOWED)
def test_an_order_goes_its_way(status: Status, step: Step) -> None:
    """A placed order is paid or cancelled, a paid one may be refunded."""
    assert advance(status, step) is ALLOWED[status, step]


@pytest.mark.parametrize(("status", "step"), [pair for pair in product(Status, Step) if pair not in ALLOWED])
def test_every_other_step_is_refused(status: Status, step: Step) -> None:
    """What is not allowed is refused, with a message that names the step and the status."""
    with pytest.raises(ConflictError, match=f"^cannot {step} an order that is {status}$"):
        advance(status, step)


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.REFUNDED])
def test_the_end_is_the_end(status: Status) -> None:
    """Nothing leads on from a cancelled or refunded order."""
    for step in Step:
        with pytest.raises(ConflictError):
            advance(status, step)


def test_an_invoice_outlives_the_refund() -> None:
    """Orders have an invoice from the payment on."""
    assert {Status.PAID, Status.REFUNDED} == INVOICED
