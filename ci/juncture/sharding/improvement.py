"""Shorten the longest bin by moving and swapping units, one best step after the other."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from juncture.sharding.loads import Loads

__all__ = ["improve"]

_OTHERS = 12
"""The emptiest bins that a step looks at."""

_MEMBERS = 256
"""The units of a bin that a step looks at, evenly spread over their times."""


def improve(loads: Loads, bound: int, looks: int) -> int:
    """Take steps that shorten the longest bin, until it takes no longer than ``bound`` or no step helps.

    Look at about ``looks`` moves and swaps at most, and return how many are left.
    """
    if loads.longest <= bound:
        return looks
    members: list[list[tuple[int, int]]] = [[] for _ in loads.times]
    for unit, number in enumerate(loads.bin_of):
        members[number].append((loads.units[unit].own, unit))
    for each in members:
        each.sort()
    while looks > 0 and loads.longest > bound:
        longest = loads.longest
        top = loads.times.index(longest)
        best: tuple[int, int, int | None, int] = (longest, 0, None, 0)
        for unit, back, other in _steps(loads, members, top):
            looks -= 1
            time = loads.after(unit, back, top)
            if time < best[0]:
                time = max(time, loads.after(back, unit, other))
                if time < best[0]:
                    best = (time, unit, back, other)
        if best[0] == longest:
            break
        _, unit, back, other = best
        _move(loads, members, unit, other)
        if back is not None:
            _move(loads, members, back, top)
    return max(looks, 0)


def _steps(loads: Loads, members: Sequence[list[tuple[int, int]]], top: int) -> Iterator[tuple[int, int | None, int]]:
    """Yield a unit of the bin ``top``, one that comes back for it or None, and the bin that takes part."""
    longest = loads.times[top]
    others = sorted((time, number) for number, time in enumerate(loads.times) if time < longest)[:_OTHERS]
    stride = -(-len(members[top]) // _MEMBERS)
    for time, other in others:
        theirs = members[other]
        half = (longest - time) // 2
        for own, unit in members[top][::stride]:
            yield unit, None, other
            middle = bisect_left(theirs, (own - half, 0))
            for _, back in theirs[max(0, middle - 2) : middle + 2]:
                yield unit, back, other


def _move(loads: Loads, members: Sequence[list[tuple[int, int]]], unit: int, other: int) -> None:
    entry = (loads.units[unit].own, unit)
    mine = members[loads.bin_of[unit]]
    del mine[bisect_left(mine, entry)]
    loads.take(unit)
    loads.put(unit, other)
    theirs = members[other]
    theirs.insert(bisect_left(theirs, entry), entry)
