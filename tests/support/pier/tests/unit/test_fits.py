"""A boat's length decides whether it fits."""

from __future__ import annotations

import pytest
from pier import fits


@pytest.mark.parametrize(("length", "fit"), [(9, True), (10, True), (11, False)])
def test_fits(length: int, fit: bool) -> None:  # noqa: FBT001 - a parameter of a test
    """One berth has ten metres."""
    assert fits(length, berths=1) is fit
