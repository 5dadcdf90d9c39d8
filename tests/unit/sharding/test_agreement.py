"""The collection against the plan."""

from __future__ import annotations

import pytest

from juncture.errors import UsageError
from juncture.sharding import PlannedTest, check_collection, make_plan


def check(planned: str, collected: str) -> None:
    """Check a collection against a plan; each letter is a test."""
    plan = make_plan([PlannedTest(letter, letter) for letter in planned], 2, {})
    check_collection(plan, collected, where="plan.json")


def test_the_same_tests_in_any_order_agree() -> None:
    """The order of a collection says nothing."""
    check("abc", "cab")


@pytest.mark.parametrize(
    ("planned", "collected", "what"),
    [
        ("abc", "abcd", "it lacks 1 of the tests that were collected: d"),
        ("abc", "ac", "1 of its tests were not collected: b"),
        ("abcdefgh", "", "8 of its tests were not collected: a, b, c, d, e and 3 more"),
        ("a", "abcdefgh", "it lacks 7 of the tests that were collected: b, c, d, e, f and 2 more"),
        ("ab", "bc", "it lacks 1 of the tests that were collected: c; 1 of its tests were not collected: a"),
        ("ab", "abab", "2 tests were collected more than once"),
    ],
)
def test_what_differs_is_named(planned: str, collected: str, what: str) -> None:
    """Up to five tests of each side are named, and the rest is counted."""
    with pytest.raises(UsageError) as caught:
        check(planned, collected)
    assert str(caught.value).startswith(f"plan.json: {what}\n  plan and run the same commit")
