"""Dealing units out to workers."""

from __future__ import annotations

from juncture.sharding.dealing import deal
from juncture.sharding.forecast import Forecast
from juncture.sharding.lines import Line
from juncture.sharding.work import Work


def dealt(own: list[int], needs: list[int], weights: list[int], workers: int) -> list[list[int]]:
    """Return which tests each worker gets, where each is a unit, in the order in which it runs them."""
    work = Work(own, needs, weights, 0, [[test] for test in range(len(own))], frozenset(), known=True)
    forecast = Forecast(work)
    lines = [Line(f"gw{number}", forecast) for number in range(workers)]
    deal(work.units, lines, forecast, 0)  # type: ignore[arg-type] # lists, here
    return [[test for chunk in line.plan for test in chunk] for line in lines]


def test_the_longest_come_first_and_go_to_who_has_least() -> None:
    """The rule of the longest processing time."""
    assert dealt([1, 5, 3, 4, 3], [0] * 5, [], 2) == [[1, 4], [3, 2, 0]]


def test_what_shares_a_fixture_goes_together_while_others_fill_the_rest() -> None:
    """Four tests share a fixture of 100; eight do not, and balance it."""
    first, second = dealt([50] * 4 + [50] * 8, [1] * 4 + [0] * 8, [100], 2)
    assert {0, 1, 2, 3} <= set(first)
    assert abs(len(first) - len(second)) == 2


def test_a_fixture_is_set_up_twice_where_that_is_earlier() -> None:
    """With nothing else to do for the second worker, it helps."""
    first, second = dealt([50] * 8, [1] * 8, [100], 2)
    assert len(first) == len(second) == 4
