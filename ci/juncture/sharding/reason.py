"""Say what keeps a plan from an equal share."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from juncture.sharding.costs import bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.assignment import Assignment
    from juncture.sharding.bound import Bound
    from juncture.sharding.costs import Costs, PlannedTest
    from juncture.sharding.pieces import Piece

__all__ = ["reason"]

_PERCENT = 101
_MICRO = 1_000_000
_ROUNDED = 10 * _MICRO


def reason(
    tests: Sequence[PlannedTest], costs: Costs, pieces: Sequence[Piece], assignment: Assignment, bound: Bound
) -> str:
    """Return what the longest bin waits for, empty where it is within a percent of an equal share.

    An equal share has every test and fixture once. What takes longer is a unit that can't be divided, or fixtures that
    several bins pay for.
    """
    have = [0] * len(assignment.times)
    for piece, number in zip(pieces, assignment.bins, strict=True):
        have[number] |= piece.needs
    paying = Counter(fixture for needs in have for fixture in bits(needs))
    weights = costs.weigh.weights
    total = sum(costs.own) + sum(weights[fixture] for fixture in paying)
    if assignment.longest * 100 * len(assignment.times) <= total * _PERCENT:
        return ""
    if bound.unit and assignment.longest * 100 <= bound.time * _PERCENT:
        return _unit(tests, costs, bound.unit)
    again = {fixture: (times - 1) * weights[fixture] for fixture, times in paying.items() if times > 1}
    if not again:
        return "groups that stay whole"
    fixture = max(again, key=lambda number: (again[number], -number))
    return f"{_fixture(costs, fixture)}, paid {paying[fixture]} times"


def _unit(tests: Sequence[PlannedTest], costs: Costs, unit: Sequence[int]) -> str:
    needs = 0
    for test in unit:
        needs |= costs.needs[test]
    own = sum(costs.own[test] for test in unit)
    weights = costs.weigh.weights
    fixture = max(bits(needs), key=lambda number: (weights[number], -number), default=None)
    if fixture is not None and weights[fixture] > own:
        return f"{costs.fixtures[fixture].of or tests[unit[0]].group} ({_fixture(costs, fixture)})"
    if tests[unit[0]].pinned:
        return f"{tests[unit[0]].group} (xdist_group {_seconds(own)})"
    return f"{tests[unit[0]].nodeid} (test {_seconds(own)})"


def _fixture(costs: Costs, fixture: int) -> str:
    key = costs.fixtures[fixture]
    return f"{key.scope} fixture {key.name} {_seconds(costs.weigh.weights[fixture])}"


def _seconds(time: int) -> str:
    return f"{time / _MICRO:.1f} s" if time < _ROUNDED else f"{(time + _MICRO // 2) // _MICRO} s"
