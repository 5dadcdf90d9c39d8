"""Deal units out to workers: the longest first, each to where it is done earliest, fixtures on few workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.forecast import Forecast
    from juncture.sharding.lines import Chunk, Line

__all__ = ["deal"]

TRIES = (100, 102, 105, 110, 120, 140, 0)
"""Percent of an equal share up to which a worker is filled with what shares its fixtures; 0 for not at all."""


def deal(chunks: Sequence[Chunk], lines: Sequence[Line], forecast: Forecast, now: int) -> None:
    """Add the chunks to the lines' plans, so that the last is through as early as may be.

    Several fill levels are tried, as in the MULTIFIT rule for bin packing; at the first of the best ones, fewest
    microseconds of fixtures are set up.
    """
    costs = [(forecast.sum(chunk), forecast.needs(chunk), chunk) for chunk in chunks]
    costs.sort(key=lambda each: (-each[0] - forecast.weigh(each[1]), each[2][0]))
    ends = [line.end(now) for line in lines]
    everything = 0
    for _, needed, _ in costs:
        everything |= needed
    share = sum(own for own, _, _ in costs) + forecast.weigh(everything) + sum(end - now for end, _ in ends)
    limits = [now + share * percent // (100 * len(lines)) for percent in TRIES]
    best = min((_tried(costs, ends, forecast, limit) for limit in limits), key=lambda tried: tried[0])
    for (_, _, chunk), where in zip(costs, best[1], strict=True):
        lines[where].add(list(chunk))


def _tried(
    costs: Sequence[tuple[int, int, Chunk]], ends: Sequence[tuple[int, int]], forecast: Forecast, limit: int
) -> tuple[tuple[int, int], list[int]]:
    """Return when the last worker is through and the sum of all ends, and where each chunk goes."""
    moments, up = [end for end, _ in ends], [found for _, found in ends]
    where = []
    for own, needed, chunk in costs:
        setups = [forecast.weigh(needed & ~found) for found in up]
        fits = [number for number, end in enumerate(moments) if end + own + setups[number] <= limit]
        if fits:
            best = min(fits, key=lambda number: (setups[number], moments[number]))
        else:
            best = min(range(len(moments)), key=lambda number: moments[number] + setups[number])
        moments[best] += own + setups[best]
        up[best] = forecast.left(up[best], needed, chunk[-1])
        where.append(best)
    return (max(moments), sum(moments)), where
