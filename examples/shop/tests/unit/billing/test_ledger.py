"""The books of the billing service."""

from __future__ import annotations

import pytest

from billing.ledger import Charge, ConflictError, Ledger

CHARGE = Charge(key="one", amount_cents=500)
REFUNDED = Charge(key="one", amount_cents=500, refunded=True)


@pytest.fixture
def ledger() -> Ledger:
    """Return a ledger with one charge."""
    ledger = Ledger()
    ledger.charge("one", 500)
    return ledger


def test_a_charge_is_written_once(ledger: Ledger) -> None:
    """The same charge again is the one that is there."""
    assert ledger.charge("one", 500) == CHARGE
    assert ledger.charges() == [CHARGE]


def test_another_key_is_another_charge(ledger: Ledger) -> None:
    """Charges are listed in the order of their keys."""
    ledger.charge("a", 500)
    assert [charge.key for charge in ledger.charges()] == ["a", "one"]


def test_another_amount_is_a_conflict(ledger: Ledger) -> None:
    """A key does not change what it stands for."""
    with pytest.raises(ConflictError, match=r"^one is the key"):
        ledger.charge("one", 501)
    assert ledger.charges() == [CHARGE]


def test_a_refund_is_the_same_each_time(ledger: Ledger) -> None:
    """Asked twice, it goes back once, and the key is used up."""
    assert ledger.refund("one") == ledger.refund("one") == REFUNDED
    with pytest.raises(ConflictError):
        ledger.charge("one", 500)
    assert ledger.charges() == [REFUNDED]


def test_what_was_not_charged_is_not_refunded(ledger: Ledger) -> None:
    """There is no refund without a charge."""
    assert ledger.refund("two") is None
