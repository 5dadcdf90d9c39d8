"""The time that no division can beat."""

from __future__ import annotations

from collections import defaultdict
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from juncture.sharding.costs import bits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from juncture.sharding.costs import Costs
    from juncture.sharding.pieces import Piece

__all__ = ["Bound", "lower_bound"]

_PIGEONS = 16
"""Up to so many units in one bin are looked at; more have never decided anything."""


class Bound(NamedTuple):
    """A lower bound in microseconds, and what it comes from.

    ``unit`` are the tests that can't be parted and take that long, as positions; empty where it is a share of all.
    """

    time: int
    unit: Sequence[int] = ()


def lower_bound(groups: Sequence[Piece], costs: Costs, bins: int) -> Bound:
    """Return the best of three bounds on dividing tests over ``bins``, where all groups but pinned ones may be parted.

    Nothing ends before (1) its largest unit with its fixtures, where a unit is a test or a pinned group; (2) an equal
    share of all tests, with every fixture paid as often as tests that need it take more than a bin; (3) k+1 of the
    kB+1 largest units, which B bins can't hold k each. Fixtures are paid once at least, which (2) contains.
    """
    own, needs, weigh = list(costs.own), list(costs.needs), costs.weigh
    units: Sequence[Sequence[int]] = []
    if pinned := [piece for piece in groups if piece.pinned]:
        alone = [test for piece in groups if not piece.pinned for test in piece.tests]
        own = [*(piece.own for piece in pinned), *(own[test] for test in alone)]
        needs = [*(piece.needs for piece in pinned), *(needs[test] for test in alone)]
        units = [*(piece.tests for piece in pinned), *((test,) for test in alone)]
    if not own:
        return Bound(0)
    together = list(map(add, own, map(weigh, needs))) if costs.fixtures else own
    time = max(together)
    largest = together.index(time)
    times = sorted(own, reverse=True)
    crowded = max(
        (sum(times[k * bins - k : k * bins + 1]) for k in range(1, _PIGEONS) if k * bins < len(times)), default=0
    )
    by_needs: dict[int, int] = defaultdict(int)
    for number, each in zip(needs, own, strict=True):
        by_needs[number] += each
    share = _share(by_needs, weigh.weights, bins, max(time, crowded))
    best = max(crowded, share)
    return Bound(best) if best > time else Bound(time, units[largest] if units else (largest,))


def _share(by_needs: Mapping[int, int], weights: Sequence[int], bins: int, least: int) -> int:
    """Return the least time, ``least`` or more, in which all bins together can hold all tests and what they must pay.

    Tests that need a fixture, with the fixtures that only such tests need, fill at most ``time - weight`` of each bin
    that has it; so many bins at least must pay for it.
    """
    needed: dict[int, int] = defaultdict(int)
    always: dict[int, int] = {}
    for needs, own in by_needs.items():
        for fixture in bits(needs):
            needed[fixture] += own
            always[fixture] = always.get(fixture, needs) & needs
    for fixture, others in always.items():
        for other in bits(others):
            if other != fixture:
                needed[other] += weights[fixture]
    total = sum(by_needs.values())

    def fits(time: int) -> bool:
        paid = sum(
            weights[fixture] * max(1, -(-load // (time - weights[fixture])) if time > weights[fixture] else bins + 1)
            for fixture, load in needed.items()
        )
        return total + paid <= bins * time

    low, high = least, max(least, total + sum(weights[fixture] for fixture in needed)) + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low
