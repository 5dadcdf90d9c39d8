"""How long a message rests between its tries."""

from __future__ import annotations

import pytest

from shop.fulfilment.patience import Patience


def test_every_rest_is_twice_the_one_before() -> None:
    """What does not work now is tried again soon, then later and later."""
    assert [Patience(retry_after=0.5).rest(tried) for tried in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("tried", [7, 100, 10**6])
def test_no_rest_is_longer_than_a_minute(tried: int) -> None:
    """A database that comes back after a night is noticed within a minute."""
    assert Patience().rest(tried) == 60.0


def test_tries_come_to_an_end() -> None:
    """The last try is the one of that number, and those that a server counted beyond it."""
    assert [Patience(tries=3).ends_with(tried) for tried in (1, 2, 3, 4)] == [False, False, True, True]
