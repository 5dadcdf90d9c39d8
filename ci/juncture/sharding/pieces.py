"""What is placed as one: whole groups, or the pieces of those that are too large."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from juncture.sharding.costs import Costs, PlannedTest

__all__ = ["Piece", "divided", "halved", "whole_groups"]


class Piece(NamedTuple):
    """Tests that stay together, as positions in the sorted suite, with their own time and the set of their fixtures."""

    group: str
    tests: Sequence[int]
    own: int
    needs: int
    pinned: bool


def whole_groups(tests: Sequence[PlannedTest], costs: Costs) -> list[Piece]:
    """Return a piece for each group, in the order of their names."""
    members: dict[str, list[int]] = defaultdict(list)
    for position, test in enumerate(tests):
        members[test[1]].append(position)
    pinned = {test[1] for test in tests if test[2]}
    return [_piece(group, members[group], costs, pinned=group in pinned) for group in sorted(members)]


def divided(pieces: Sequence[Piece], costs: Costs, limit: int | None) -> list[Piece]:
    """Return the pieces with those divided that cost more than ``limit`` microseconds and may be.

    Without a limit only tests that need different parameters of a fixture for the whole process are parted.
    """
    found: list[Piece] = []
    for piece in pieces:
        whole = piece.pinned or len(piece.tests) == 1
        if whole or (limit is not None and piece.own + costs.weigh(piece.needs) <= limit):
            found.append(piece)
        else:
            parts = _parts(piece, costs, limit)
            found += (_piece(piece.group, part, costs, pinned=False) for part in parts)
    return found


def halved(pieces: Sequence[Piece], position: int, costs: Costs) -> list[Piece]:
    """Return the pieces with one of them in two, of about equal times."""
    piece = pieces[position]
    tests = _neighbours(piece, costs)
    time = number = 0
    while number < len(tests) - 1 and (not number or 2 * time < piece.own):
        time += costs.own[tests[number]]
        number += 1
    halves = (_piece(piece.group, part, costs, pinned=False) for part in (tests[:number], tests[number:]))
    return [*pieces[:position], *halves, *pieces[position + 1 :]]


def _neighbours(piece: Piece, costs: Costs) -> list[int]:
    """Return the tests in an order that parts fixtures late: by what they need, then by node id."""
    return sorted(piece.tests, key=lambda test: (costs.needs[test] & costs.apart, costs.needs[test], test))


def _parts(piece: Piece, costs: Costs, limit: int | None) -> Iterator[list[int]]:
    """Yield the tests of each part.

    A part takes at least a quarter of the limit by its tests alone, however long its fixtures take.
    """
    own, needs, weigh, apart = costs.own, costs.needs, costs.weigh, costs.apart
    part: list[int] = []
    time = fixtures = 0
    for test in _neighbours(piece, costs):
        if part and limit is not None:
            full = time + own[test] > max(limit - weigh(fixtures | needs[test]), limit // 4)
        else:
            full = False
        if part and (full or (needs[test] ^ needs[part[0]]) & apart):
            yield part
            part, time, fixtures = [], 0, 0
        part.append(test)
        time += own[test]
        fixtures |= needs[test]
    yield part


def _piece(group: str, tests: Sequence[int], costs: Costs, *, pinned: bool) -> Piece:
    needs = 0
    if costs.fixtures:
        for test in tests:
            needs |= costs.needs[test]
    return Piece(group, tests, sum(map(costs.own.__getitem__, tests)), needs, pinned)
