"""Choose a bin for each piece: two beginnings, both improved, and the better one of them.

All decisions are made on integers and sorted input, and the work is bounded by counted steps, never by a clock: the
result is the same on every machine.
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from typing import TYPE_CHECKING, NamedTuple

from juncture.sharding.improvement import improve
from juncture.sharding.loads import Loads, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.costs import Weigh
    from juncture.sharding.pieces import Piece

__all__ = ["Assignment", "assign"]

_PACKED = 20_000
"""Pieces times bins up to which packing is tried; with more, sharing fixtures matters less than it costs to plan."""

_HALVINGS = 10
_TOLERANCE = 500
"""Of two assignments whose longest bins differ by less than 1/500, the one that pays for fewer fixtures is taken."""


class Assignment(NamedTuple):
    """Where each piece goes: ``bins`` by position, and what each bin then takes, in microseconds.

    ``looks`` are left of those that were granted.
    """

    bins: Sequence[int]
    times: Sequence[int]
    looks: int

    @property
    def longest(self) -> int:
        """The time of the bin that takes longest."""
        return max(self.times)


def assign(pieces: Sequence[Piece], weigh: Weigh, bins: int, *, bound: int, looks: int) -> Assignment:
    """Return where each piece goes, 0 to ``bins`` - 1, so that the longest bin is as short as can be.

    ``bound`` is a time that can't be beaten: what reaches it is not improved. ``looks`` bounds the work of improving.
    """
    units, shared = _units(pieces, weigh)
    found = [(_longest_first if shared else _longest_first_alone)(units, weigh, bins)]
    if shared and len(units) * bins <= _PACKED:
        found.append(_packed(units, weigh, bins, least=bound, most=found[0].longest))
    for loads in found:
        looks = improve(loads, bound, looks)
    shortest = min(loads.longest for loads in found)
    close = [loads for loads in found if (loads.longest - shortest) * _TOLERANCE <= shortest]
    best = min(close, key=lambda loads: sum(loads.times))
    return Assignment(best.bin_of, best.times, looks)


def _units(pieces: Sequence[Piece], weigh: Weigh) -> tuple[list[Unit], int]:
    """Return the pieces as units, and the set of fixtures that several share; others are part of a unit's own time."""
    once = several = 0
    for piece in pieces:
        several |= once & piece.needs
        once |= piece.needs
    if not once:
        return [Unit(piece.own, 0) for piece in pieces], 0
    return [Unit(piece.own + weigh(piece.needs & ~several), piece.needs & several) for piece in pieces], several


def _longest_first(units: Sequence[Unit], weigh: Weigh, bins: int) -> Loads:
    """Place the costliest unit first, each in the bin that is done earliest with it.

    What a bin would take with a unit only grows, as what it saves on fixtures it has paid already. So a heap for each
    set of fixtures, put right only at its top, finds the bin.
    """
    loads = Loads(units, weigh, bins)
    costs = [unit[0] + weigh(unit[1]) if unit[1] else unit[0] for unit in units]
    heaps: dict[int, list[tuple[int, int]]] = {}
    for number in sorted(range(len(units)), key=costs.__getitem__, reverse=True):
        needs = units[number].needs
        heap = heaps.get(needs)
        if heap is None:
            heap = heaps[needs] = [(loads.with_fixtures(each, needs), each) for each in range(bins)]
            heapify(heap)
        time, chosen = heap[0]
        while (actual := loads.with_fixtures(chosen, needs)) != time:
            heapreplace(heap, (actual, chosen))
            time, chosen = heap[0]
        loads.put(number, chosen)
        heapreplace(heap, (loads.times[chosen], chosen))
    return loads


def _longest_first_alone(units: Sequence[Unit], weigh: Weigh, bins: int) -> Loads:
    """Do the same where no fixture is shared, in a third of the time."""
    loads = Loads(units, weigh, bins)
    heap = [(0, each) for each in range(bins)]
    for number in sorted(range(len(units)), key=units.__getitem__, reverse=True):
        time, chosen = heap[0]
        time += units[number][0]
        loads.bin_of[number] = chosen
        loads.times[chosen] = time
        heapreplace(heap, (time, chosen))
    return loads


def _packed(units: Sequence[Unit], weigh: Weigh, bins: int, *, least: int, most: int) -> Loads:
    """Fill bins as full as a capacity allows, units of the same fixtures together; look for the least capacity."""
    order = sorted(range(len(units)), key=lambda n: (-weigh(units[n].needs), units[n].needs, -units[n].own, n))
    found = _fill(units, weigh, bins, order, most)
    low, high = least, most
    for _ in range(_HALVINGS):
        middle = (low + high) // 2
        loads = _fill(units, weigh, bins, order, middle)
        if loads.longest <= middle:
            found, high = loads, middle
        else:
            low = middle + 1
        if low >= high:
            break
    return found


def _fill(units: Sequence[Unit], weigh: Weigh, bins: int, order: Sequence[int], capacity: int) -> Loads:
    """Place each unit where it fits and adds the fewest fixtures, the fullest such bin; else where it ends earliest."""
    loads = Loads(units, weigh, bins)
    for number in order:
        own, needs = units[number]
        best, chosen = (2, 0, 0), 0
        for each in range(bins):
            time = loads.with_fixtures(each, needs) + own
            fits = time <= capacity
            added = time - own - loads.times[each]
            rank = (0, added, -time) if fits else (1, time, 0)
            if rank < best:
                best, chosen = rank, each
        loads.put(number, chosen)
    return loads
