"""What more shards would bring: wall time against what is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.sharding.plan import MOST_SHARDS, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.sharding.costs import PlannedTest
    from juncture.sharding.history import History

__all__ = ["Point", "curve", "doublings"]

_GAIN = 0.97
"""Where twice the shards leave more than this of the wall time, the curve ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One number of shards: ``wall`` is the longest shard's time and ``paid`` that of all, in seconds.

    ``bound`` is the wall time that no division can beat, ``longest`` the shard that takes longest.
    """

    shards: int
    wall: float
    paid: float
    bound: float
    longest: int
    bound_by: str


def curve(
    tests: Sequence[PlannedTest], known: Mapping[str, float] | History, shards: Iterable[int], *, workers: int = 1
) -> list[Point]:
    """Return a point for each number of shards, up to the first that brings next to nothing."""
    points: list[Point] = []
    for number in shards:
        plan = make_plan(tests, number, known, workers=workers)
        longest = max(plan.shards, key=lambda shard: (shard.predicted_seconds, -shard.index))
        point = Point(
            shards=number,
            wall=longest.predicted_seconds,
            paid=sum(shard.predicted_seconds for shard in plan.shards),
            bound=plan.lower_bound_seconds,
            longest=longest.index,
            bound_by=plan.bound_by,
        )
        points.append(point)
        if len(points) > 1 and point.wall > _GAIN * points[-2].wall:
            break
    return points


def doublings(wanted: int) -> list[int]:
    """Return 1, 2, 4, ... 256, and the ``wanted`` number among them."""
    return sorted({1 << power for power in range(MOST_SHARDS.bit_length())} | {wanted})
