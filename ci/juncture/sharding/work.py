"""What is to run inside one job: the cost of each test, the fixtures it shares, and which tests belong together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from juncture.sharding.costs import bits, costs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.costs import PlannedTest
    from juncture.sharding.history import History

__all__ = ["Work", "work_of"]

AROUND = 1000
"""Microseconds that pytest and xdist take around a test: of thousands of tiny ones it is most of their time."""

TEST, FILE, CLASS = 10_000, 20_000, 10_000
"""Microseconds; what a test, and going to another file or class, is taken to cost where nothing is known."""


class Work(NamedTuple):
    """The tests of a job, by their positions in the collection; sets of fixtures are the bits of an integer.

    ``own`` are microseconds of each test, at least 1, ``needs`` its fixtures, ``weights`` the microseconds of each
    fixture. A fixture in ``narrow`` goes when the worker's next test does not need it; others stay. ``units`` are the
    tests that had better stay together, in the order of the collection, and those in ``pinned`` must. Where ``known``
    is false, all costs are guesses, to be replaced by what is seen.
    """

    own: Sequence[int]
    needs: Sequence[int]
    weights: Sequence[int]
    narrow: int
    units: Sequence[Sequence[int]]
    pinned: frozenset[int]
    known: bool


def work_of(tests: Sequence[PlannedTest], history: History) -> Work:
    """Return the work that tests are, in the order of the collection, at the costs that a history tells."""
    costs = costs_of(tests, history)
    if not costs.known:
        return _guessed(tests)
    narrow = costs.apart | sum(1 << number for number, key in enumerate(costs.fixtures) if key.of)
    units, pinned = _units(tests, costs.needs, narrow)
    own = [AROUND + time for time in costs.own]
    return Work(own, costs.needs, costs.weigh.weights, narrow, units, pinned, known=True)


def _guessed(tests: Sequence[PlannedTest]) -> Work:
    """Return the work where nothing is known: each file and each class is taken to have a fixture of its own."""
    weights: list[int] = []
    number: dict[str, int] = {}
    needs = []
    for test in tests:
        needed = 0
        for name in dict.fromkeys((test.group if test.pinned else test.nodeid.partition("::")[0], test.group)):
            if name not in number:
                number[name] = len(weights)
                weights.append(CLASS if "::" in name else FILE)
            needed |= 1 << number[name]
        needs.append(needed)
    narrow = (1 << len(weights)) - 1
    units, pinned = _units(tests, needs, narrow)
    return Work([TEST] * len(tests), needs, weights, narrow, units, pinned, known=False)


def _units(tests: Sequence[PlannedTest], needs: Sequence[int], narrow: int) -> tuple[list[list[int]], frozenset[int]]:
    """Make units: groups, and those together that share what goes when a worker leaves it. Tell which are pinned."""
    leader: dict[object, object] = {}

    def first(name: object) -> object:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for test, needed in zip(tests, needs, strict=True):
        if not test.pinned:
            for bit in bits(needed & narrow):
                leader[first(bit)] = first(test.group)
    units: dict[object, list[int]] = defaultdict(list)
    pinned = {("mark", test.group) for test in tests if test.pinned}
    for position, test in enumerate(tests):
        units[("mark", test.group) if test.pinned else first(test.group)].append(position)
    return list(units.values()), frozenset(number for number, name in enumerate(units) if name in pinned)
