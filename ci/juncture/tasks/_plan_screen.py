"""What ``juncture plan`` prints: a table of shards, or one of numbers of shards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.tasks._screens import counted, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding import Plan
    from juncture.sharding.curve import Point

__all__ = ["curve_screen", "human_time", "plan_screen"]

_MINUTE = 60
_SHORT = 100.0
"""Seconds; where everything is shorter, tenths of seconds are shown in place of minutes."""


def plan_screen(made: Plan, known: int) -> list[str]:
    """Return a line for each shard, what keeps them from being equal, and what the prediction is worth.

    ``known`` counts the tests that the history knows.
    """
    rows = [
        (
            str(shard.index),
            str(len(shard.nodeids)),
            str(len({made.groups[nodeid] for nodeid in shard.nodeids})),
            f"{shard.predicted_seconds:.2f} s" if known else "",
        )
        for shard in made.shards
    ]
    total = counted(len(made.groups), "test", "tests")
    if not known:
        times = "no recorded times, so none are predicted"
    elif known < len(made.groups):
        times = f"recorded times for {known}, medians for the others"
    else:
        times = "recorded times for all"
    bound = [f"bound   {made.lower_bound_seconds:.2f} s: no division ends earlier"] if known else []
    return [
        *table(("shard", "tests", "groups", "predicted"), rows),
        "",
        f"tests   {total} in {counted(len(set(made.groups.values())), 'group', 'groups')}; {times}",
        *bound,
        *([f"        bound by {made.bound_by}"] if made.bound_by else []),
        f"digest  {made.digest}",
    ]


def curve_screen(points: Sequence[Point]) -> list[str]:
    """Return a line for each number of shards."""
    minutes = max(point.paid for point in points) >= _SHORT
    rows = [
        (
            str(point.shards),
            human_time(point.wall, minutes=minutes),
            human_time(point.paid, minutes=minutes),
            f"shard {point.longest}" if point.shards > 1 else "",
            point.bound_by,
        )
        for point in points
    ]
    return table(("shards", "wall", "paid", "longest", "bound by"), rows)


def human_time(seconds: float, *, minutes: bool) -> str:
    """Return 221 seconds as 3:41, or where minutes are too coarse as 221.0 s."""
    if not minutes:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // _MINUTE}:{whole % _MINUTE:02}"
