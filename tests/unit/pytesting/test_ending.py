"""Tests of ``juncture.pytesting.ending``."""

from __future__ import annotations

import pytest

from juncture.pytesting.ending import Ending


@pytest.mark.parametrize(("worker", "after_tests"), [(True, ["save", "close"]), (False, [])])
def test_steps_are_taken_once_and_in_order(worker: bool, after_tests: list[str]) -> None:  # noqa: FBT001 - a case
    """A worker takes them when its tests are over, other processes when pytest ends."""
    taken: list[str] = []
    ending = Ending(worker=worker)
    ending.add(lambda: taken.append("save"))
    ending.add(lambda: taken.append("close"))
    ending.pytest_sessionfinish()
    assert taken == after_tests
    ending.pytest_unconfigure()
    assert taken == ["save", "close"]
