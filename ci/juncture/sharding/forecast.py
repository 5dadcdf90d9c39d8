"""How long tests will take: as earlier runs say, or else as what is seen in this one says."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from juncture.sharding.costs import bits
from juncture.sharding.work import FILE, TEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.sharding.work import Work

__all__ = ["Forecast"]


class Forecast:
    """Costs in whole microseconds; where nothing was known it learns the mean of each unit and what its start takes."""

    def __init__(self, work: Work) -> None:
        """Begin with what is known, or guessed."""
        self._work = work
        self._weights: dict[int, int] = dict(enumerate(work.weights)) if work.known else {}
        self._typical: int | None = None
        self.unit_of = [0] * len(work.own)
        for number, unit in enumerate(work.units):
            for test in unit:
                self.unit_of[test] = number
        self._count, self._total = [0] * len(work.units), [0] * len(work.units)
        self._first: dict[int, int] = {}
        self._all = (0, 0)

    def of(self, test: int) -> int:
        """Return what one test takes, without fixtures."""
        if self._work.known:
            return self._work.own[test]
        unit = self.unit_of[test]
        count, total = self._count[unit], self._total[unit]
        if not count:
            count, total = self._all
        return max(1, total // count) if count else TEST

    def is_seen(self, unit: int) -> bool:
        """Tell whether the times of a unit are more than a guess."""
        return self._work.known or self._count[unit] > 0

    def sum(self, tests: Sequence[int]) -> int:
        """Return what tests take, without fixtures."""
        return sum(map(self._work.own.__getitem__ if self._work.known else self.of, tests))

    def needs(self, tests: Iterable[int]) -> int:
        """Return the fixtures that at least one of the tests needs."""
        return reduce(or_, map(self._work.needs.__getitem__, tests), 0)

    def weigh(self, fixtures: int) -> int:
        """Return what it takes to set up fixtures, and to tear them down."""
        return sum(map(self._weight, bits(fixtures)))

    def left(self, up: int, needed: int, last: int) -> int:
        """Return which fixtures are set up after tests that ``needed`` some, the ``last`` of them in the end.

        ``up`` are those that were set up before.
        """
        return ((up | needed) & ~self._work.narrow) | self._work.needs[last]

    def learn(self, test: int, time: int, *, fresh: bool) -> None:
        """Hear what a test took; ``fresh`` where the first fixtures of its unit were set up for it."""
        if self._work.known:
            return
        unit = self.unit_of[test]
        if fresh and len(self._work.units[unit]) > 1:
            self._first.setdefault(unit, time)
        else:
            self._count[unit] += 1
            self._total[unit] += time
            self._all = (self._all[0] + 1, self._all[1] + time)
        needed = self._work.needs[self._work.units[unit][0]]
        if unit in self._first and needed:
            # The first bit is that of the file or the mark: see `juncture.sharding.work`.
            self._weights[next(iter(bits(needed)))] = max(0, self._first[unit] - self.of(test))
            self._typical = sum(self._weights.values()) // len(self._weights)

    def _weight(self, fixture: int) -> int:
        weight = self._weights.get(fixture)
        if weight is not None:
            return weight
        weight = self._work.weights[fixture]
        return weight if weight < FILE or self._typical is None else self._typical
