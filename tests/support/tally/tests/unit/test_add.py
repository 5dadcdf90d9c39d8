"""Tests that need no service, in two modules: a group for each of two shards."""

import pytest
import tally


@pytest.mark.parametrize("number", range(4))
def test_add(number: int) -> None:
    """Adds."""
    assert tally.add(number, 1) == number + 1


def test_not_yet() -> None:
    """Skips itself, as a single test may."""
    pytest.skip("not yet")
