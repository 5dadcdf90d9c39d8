"""Billing fails, is slow, talks nonsense or is away: the shop says which, and nobody loses money."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from juncture.testing import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.integration.conftest import Neighbour, Place, Rows

MUG = 1


class Failure(NamedTuple):
    """How billing misbehaves, and what the shop makes of it."""

    behaviour: str
    status: int
    detail: str


ERROR = Failure("error", 502, "billing failed with status 500")
DECLINED = Failure("declined", 402, "the payment was declined")
SLOW = Failure("slow", 504, "billing did not answer within 0.3 s")
MALFORMED = Failure("malformed", 502, "billing gave an answer that is no charge")
INCOMPLETE = Failure("incomplete", 502, "billing gave an answer that is no charge")

LOST = (SLOW, MALFORMED, INCOMPLETE)
"""Here the money has moved, and the shop can't know."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Someone with an order of two mugs, which is not paid yet."""

    client: TestClient
    neighbour: Neighbour
    order_id: int

    def tries(self, step: str, failure: Failure | None = None) -> tuple[int, str]:
        """Pay, cancel or refund, with billing out of order if it is to be; return status and detail."""
        if failure:
            self.neighbour.fail_next(failure.behaviour)
            self.neighbour.patience = 0.3 if failure is SLOW else 10.0
        answer = self.client.post(f"/orders/{self.order_id}/{step}", json={"reason": "Arrived broken"})
        self.neighbour.patience = 10.0
        return answer.status_code, answer.json().get("detail", answer.json().get("status"))

    def money(self) -> list[str]:
        """Return what became of each charge."""
        return [charge["status"] for charge in self.neighbour.charges()]


@pytest.fixture
def customer(client: TestClient, neighbour: Neighbour, place: Place) -> Customer:
    """Return a customer whose order waits to be paid."""
    return Customer(client, neighbour, place((MUG, 2))["id"])


def row(rows: Rows, customer: Customer) -> dict[str, Any]:
    """Return what the database says of the order."""
    (found,) = rows(
        "SELECT status, paid_at IS NOT NULL AS dated, count(refunds.id) AS refunds"
        " FROM orders LEFT JOIN refunds ON refunds.order_id = orders.id WHERE orders.id = :id GROUP BY orders.id",
        id=customer.order_id,
    )
    return found


@pytest.mark.parametrize("failure", [ERROR, DECLINED, *LOST], ids=lambda failure: failure.behaviour)
def test_the_order_stays_unpaid(customer: Customer, rows: Rows, tmp_path: Path, failure: Failure) -> None:
    """Each failure has its answer; there is no payment, no invoice, and nobody is told of one."""
    assert customer.tries("pay", failure) == (failure.status, failure.detail)
    assert row(rows, customer) == {"status": "placed", "dated": False, "refunds": 0}
    assert list(tmp_path.rglob("*")) == []
    assert rows("SELECT subject FROM outbox") == [{"subject": "events.order.placed"}]


def test_the_shop_does_not_wait_for_ever(customer: Customer) -> None:
    """A customer has an answer when the shop's patience is over, however long billing would take."""
    began = time.monotonic()
    assert customer.tries("pay", SLOW) == (SLOW.status, SLOW.detail)
    assert 0.3 <= time.monotonic() - began < 4.0


@pytest.mark.parametrize("failure", [ERROR, DECLINED], ids=lambda failure: failure.behaviour)
def test_what_failed_for_sure_took_no_money(customer: Customer, failure: Failure) -> None:
    """Where billing did nothing there is no charge, and the next try is the first one that counts."""
    customer.tries("pay", failure)
    assert customer.money() == []
    assert customer.tries("pay") == (200, "paid")
    assert customer.money() == ["charged"]


@pytest.mark.parametrize("failure", LOST, ids=lambda failure: failure.behaviour)
def test_the_next_try_pays_once(customer: Customer, failure: Failure) -> None:
    """The first try took the money and its answer was lost; after the second one it was taken once."""
    customer.tries("pay", failure)
    eventually(lambda: customer.money() == ["charged"])
    assert customer.tries("pay") == (200, "paid")
    assert customer.money() == ["charged"]


@pytest.mark.parametrize("failure", LOST, ids=lambda failure: failure.behaviour)
def test_a_cancellation_takes_back_what_may_have_been_paid(customer: Customer, failure: Failure) -> None:
    """The money of a payment whose answer was lost goes back with the cancellation."""
    customer.tries("pay", failure)
    eventually(lambda: customer.money() == ["charged"])
    assert customer.tries("cancel") == (200, "cancelled")
    assert customer.money() == ["refunded"]


@pytest.mark.parametrize("failure", [ERROR, *LOST], ids=lambda failure: failure.behaviour)
def test_the_order_stays_paid(customer: Customer, rows: Rows, failure: Failure) -> None:
    """A refund that billing did not confirm is none: no row, and the goods are still sold."""
    customer.tries("pay")
    stock = rows("SELECT quantity FROM stock WHERE product_id = :id", id=MUG)
    assert customer.tries("refund", failure) == (failure.status, failure.detail)
    assert row(rows, customer) == {"status": "paid", "dated": True, "refunds": 0}
    assert rows("SELECT quantity FROM stock WHERE product_id = :id", id=MUG) == stock


@pytest.mark.parametrize("failure", LOST, ids=lambda failure: failure.behaviour)
def test_the_next_try_refunds_once(customer: Customer, rows: Rows, failure: Failure) -> None:
    """A refund whose answer was lost is asked for again and confirmed."""
    customer.tries("pay")
    customer.tries("refund", failure)
    assert customer.tries("refund") == (200, "refunded")
    assert customer.money() == ["refunded"]
    assert row(rows, customer) == {"status": "refunded", "dated": True, "refunds": 1}


def test_nothing_is_cancelled_while_billing_is_out_of_order(customer: Customer, rows: Rows) -> None:
    """As long as billing can't say whether it took money, the order waits."""
    assert customer.tries("cancel", ERROR) == (ERROR.status, ERROR.detail)
    assert row(rows, customer) == {"status": "placed", "dated": False, "refunds": 0}
    assert customer.tries("cancel") == (200, "cancelled")


def test_a_neighbour_that_is_away(customer: Customer, rows: Rows) -> None:
    """Where nobody listens, the answer comes at once, and the order can be paid later."""
    home = customer.neighbour.server
    with socket.socket() as deaf:  # bound, so that nobody else gets the port, but not listening
        deaf.bind(("127.0.0.1", 0))
        customer.neighbour.server = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        assert customer.tries("pay") == (503, "billing cannot be reached")
    assert row(rows, customer) == {"status": "placed", "dated": False, "refunds": 0}
    customer.neighbour.server = home
    assert customer.tries("pay") == (200, "paid")


def test_the_charge_of_another_amount_is_not_taken_for_ours(customer: Customer) -> None:
    """Billing refuses a key that stands for another amount, and the shop books nothing."""
    neighbour = customer.neighbour
    taken = neighbour.client.put(f"{neighbour.url}/charges/order-{customer.order_id}", json={"amount_cents": 1})
    assert taken.status_code == 200
    assert customer.tries("pay") == (502, "billing failed with status 409")
    assert [charge["amount_cents"] for charge in neighbour.charges()] == [1]
