"""Wall time and paid time over numbers of shards."""

from __future__ import annotations

from suites import SESSION, suite_of

from juncture.sharding.curve import Point, curve, doublings


def test_each_shard_pays_for_the_sessions_fixture() -> None:
    """Wall time falls, what is paid rises, and the curve ends where more shards bring next to nothing."""
    times = {f"m{n}.py::t": 10 for n in range(4)}
    tests, history = suite_of(times, dict.fromkeys(times, (SESSION,)), {SESSION: 10})
    points = curve(tests, history, doublings(3))
    assert [(point.shards, point.wall, point.paid) for point in points] == [
        (1, 50.0, 50.0),
        (2, 30.0, 60.0),
        (3, 30.0, 70.0),
    ]
    points = curve(tests, history, doublings(1))
    assert [(point.shards, point.wall, point.paid) for point in points[2:]] == [(4, 20.0, 80.0), (8, 20.0, 80.0)]
    assert points[0] == Point(shards=1, wall=50.0, paid=50.0, bound=50.0, longest=1, bound_by="")


def test_wanted_number_is_among_the_doublings() -> None:
    """Up to what a platform can run."""
    assert doublings(6) == [1, 2, 4, 6, 8, 16, 32, 64, 128, 256]
