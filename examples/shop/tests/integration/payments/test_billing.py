"""The billing service itself: what the shop relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.integration.conftest import Neighbour

TAKEN = {"key": "one", "amount_cents": 500, "status": "charged"}


def charge(neighbour: Neighbour, amount_cents: object, key: str = "one") -> Response:
    """Ask for a charge, past the shop."""
    return neighbour.client.put(f"{neighbour.url}/charges/{key}", json={"amount_cents": amount_cents})


def refund(neighbour: Neighbour, key: str = "one") -> Response:
    """Ask for a refund, past the shop."""
    return neighbour.client.post(f"{neighbour.url}/charges/{key}/refund")


def test_the_same_charge_is_taken_once(neighbour: Neighbour) -> None:
    """Whoever asks again with the same key gets the charge that is there."""
    answers = [charge(neighbour, 500) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, TAKEN)] * 2
    assert neighbour.charges() == [TAKEN]


def test_a_key_stands_for_one_amount(neighbour: Neighbour) -> None:
    """Another amount under the same key is a conflict and changes nothing."""
    charge(neighbour, 500)
    assert charge(neighbour, 501).status_code == 409
    assert neighbour.charges() == [TAKEN]


def test_a_refund_is_the_same_each_time(neighbour: Neighbour) -> None:
    """Whoever asks again for a refund gets the one that is there, and the key is used up."""
    charge(neighbour, 500)
    answers = [refund(neighbour) for _ in range(2)]
    refunded = {**TAKEN, "status": "refunded"}
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, refunded)] * 2
    assert charge(neighbour, 500).status_code == 409
    assert neighbour.charges() == [refunded]


def test_what_was_not_charged_is_not_refunded(neighbour: Neighbour) -> None:
    """A refund without a charge is answered with 404."""
    assert refund(neighbour).status_code == 404
    assert neighbour.charges() == []


@pytest.mark.parametrize("amount_cents", [0, -1, 1.5, "500", True, None])
def test_what_is_no_amount_is_refused(neighbour: Neighbour, amount_cents: object) -> None:
    """An amount is a whole number of cents above zero."""
    assert charge(neighbour, amount_cents).status_code == 422
    assert neighbour.charges() == []


def test_accounts_do_not_meet(neighbour: Neighbour) -> None:
    """Charges, and the failures that are asked for, belong to one account."""
    neighbour.fail_next("error")
    other = f"{neighbour.server}/accounts/{neighbour.account}-other/charges"
    assert neighbour.client.put(f"{other}/one", json={"amount_cents": 700}).status_code == 200
    assert neighbour.client.get(other).json() == [{**TAKEN, "amount_cents": 700}]
    assert neighbour.charges() == []
    assert charge(neighbour, 500).status_code == 500


def test_a_failure_is_over_after_one_answer(neighbour: Neighbour) -> None:
    """What was asked for once happens once."""
    neighbour.fail_next("error")
    assert [charge(neighbour, 500).status_code for _ in range(2)] == [500, 200]
