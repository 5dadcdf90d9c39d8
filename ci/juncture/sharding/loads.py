"""Bins that fill: which units each has, what it takes, and what moving one would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from juncture.sharding.costs import bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.costs import Weigh

__all__ = ["Loads", "Unit"]


class Unit(NamedTuple):
    """What is placed as one: its own microseconds, and the set of fixtures that it shares with others."""

    own: int
    needs: int


class Loads:
    """The bins: ``times`` in microseconds, ``bin_of`` each unit; units that are not placed yet are in bin 0."""

    def __init__(self, units: Sequence[Unit], weigh: Weigh, bins: int) -> None:
        """Start with empty bins."""
        self.units = units
        self.weigh = weigh
        self.times = [0] * bins
        self.bin_of = [0] * len(units)
        self._have = [0] * bins
        self._counts: list[dict[int, int]] = [{} for _ in range(bins)]

    @property
    def longest(self) -> int:
        """The time of the bin that takes longest."""
        return max(self.times)

    def with_fixtures(self, number: int, needs: int) -> int:
        """Return what a bin takes once it has all of these fixtures."""
        return self.times[number] + self.weigh(needs & ~self._have[number])

    def put(self, unit: int, number: int) -> None:
        """Place a unit in a bin."""
        own, needs = self.units[unit]
        self.times[number] = self.with_fixtures(number, needs) + own
        self.bin_of[unit] = number
        if needs:
            self._have[number] |= needs
            counts = self._counts[number]
            for fixture in bits(needs):
                counts[fixture] = counts.get(fixture, 0) + 1

    def take(self, unit: int) -> None:
        """Take a unit out of its bin."""
        number = self.bin_of[unit]
        alone = self.alone(unit)
        self.times[number] -= self.units[unit].own + self.weigh(alone)
        self._have[number] &= ~alone
        for fixture in bits(self.units[unit].needs):
            self._counts[number][fixture] -= 1

    def alone(self, unit: int) -> int:
        """Return the fixtures that no other unit of its bin needs."""
        counts = self._counts[self.bin_of[unit]]
        return sum(1 << fixture for fixture in bits(self.units[unit].needs) if counts[fixture] == 1)

    def after(self, leaving: int | None, entering: int | None, number: int) -> int:
        """Return what a bin would take with one unit gone and another one come."""
        time, have = self.times[number], self._have[number]
        if leaving is not None:
            own, needs = self.units[leaving]
            time -= own
            if needs:
                alone = self.alone(leaving)
                time -= self.weigh(alone)
                have &= ~alone
        if entering is not None:
            own, needs = self.units[entering]
            time += own + self.weigh(needs & ~have)
        return time
