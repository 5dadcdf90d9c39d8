"""Place groups on bins, and divide those that keep a bin from its share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.sharding.assignment import assign
from juncture.sharding.bound import lower_bound
from juncture.sharding.pieces import divided, halved, whole_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.assignment import Assignment
    from juncture.sharding.bound import Bound
    from juncture.sharding.costs import Costs, PlannedTest
    from juncture.sharding.pieces import Piece

__all__ = ["place"]

_LOOKS = 100_000
"""Moves and swaps that one plan looks at in all: about a fifth of a second."""

_CLOSE = 200
"""A longest bin within 1/200 of the bound is not worth dividing a group."""

_WORTH = 100
"""Groups are divided for a gain of more than a percent: who shares a module may share more than anybody measured."""

_PARTS = (1, 2, 4, 8, 16)
"""Groups larger than the bound divided by these are divided, down to about that size."""

_HALVED = 20_000
"""Pieces times bins up to which single pieces are halved too: each time all is placed anew."""

_ROUNDS = 24


def place(tests: Sequence[PlannedTest], costs: Costs, bins: int) -> tuple[Sequence[Piece], Assignment, Bound]:
    """Return what is placed as one, where it goes, and the time that no division can beat.

    Groups stay whole where that comes close to the bound, and where no time is known. Else those that are too large are
    divided, finer and finer, as long as the longest bin gains, which pays for their fixtures a second time.
    """
    groups = whole_groups(tests, costs)
    bound = lower_bound(groups, costs, bins)
    pieces, best = groups, assign(groups, costs.weigh, bins, bound=bound.time, looks=_LOOKS // 4)
    if not costs.known:
        return pieces, best, bound
    looks = _LOOKS - _LOOKS // 4
    limits = [*([None] if costs.apart else []), *(bound.time // parts for parts in _PARTS)]
    for limit in limits:
        if _is_close(best, bound):
            break
        finer = divided(groups, costs, limit)
        if len(finer) > len(groups):
            found = assign(finer, costs.weigh, bins, bound=bound.time, looks=looks // 4)
            looks -= looks // 4 - found.looks
            if _is_worth(found, best):
                pieces, best = finer, found
    rounds = _ROUNDS if len(pieces) * bins <= _HALVED else 0
    while rounds and not _is_close(best, bound):
        rounds -= 1
        candidates = [halved(pieces, position, costs) for position in _largest(pieces, best)]
        tried = [
            (assign(finer, costs.weigh, bins, bound=bound.time, looks=looks // _ROUNDS), finer) for finer in candidates
        ]
        if not tried:
            break
        found, finer = min(tried, key=lambda each: each[0].longest)
        if not _is_worth(found, best):
            break
        pieces, best = finer, found
    return pieces, best, bound


def _is_close(found: Assignment, bound: Bound) -> bool:
    return found.longest * _CLOSE <= bound.time * (_CLOSE + 1)


def _is_worth(found: Assignment, than: Assignment) -> bool:
    return found.longest * _WORTH < than.longest * (_WORTH - 1)


def _largest(pieces: Sequence[Piece], found: Assignment) -> list[int]:
    """Return the positions of the costliest pieces of the longest bin that may be divided, up to three."""
    top = found.times.index(found.longest)
    mine = [n for n, piece in enumerate(pieces) if found.bins[n] == top and not piece.pinned and len(piece.tests) > 1]
    return sorted(mine, key=lambda number: (-pieces[number].own, number))[:3]
