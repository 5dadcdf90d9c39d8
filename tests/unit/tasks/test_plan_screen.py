"""The tables of ``juncture plan``."""

from __future__ import annotations

import pytest

from juncture.sharding import PlannedTest, make_plan
from juncture.sharding.curve import Point
from juncture.tasks._plan_screen import curve_screen, human_time, plan_screen


def test_table_tells_what_the_prediction_is_worth() -> None:
    """Seconds are shown where some are known, how many are guessed is said beside them, and what can't be shorter."""
    tests = [PlannedTest("a::1", "a"), PlannedTest("a::2", "a"), PlannedTest("b::1", "b")]
    plan = make_plan(tests, 3, {"a::1": 2.0, "b::1": 0.25})
    assert plan_screen(plan, 2) == [
        "shard  tests  groups  predicted",
        "1      1      1       2.00 s",
        "2      1      1       2.00 s",
        "3      1      1       0.25 s",
        "",
        "tests   3 tests in 2 groups; recorded times for 2, medians for the others",
        "bound   2.00 s: no division ends earlier",
        "        bound by a::1 (test 2.0 s)",
        f"digest  {plan.digest}",
    ]


def test_table_predicts_nothing_without_times() -> None:
    """A second that nobody measured is not shown."""
    plan = make_plan([PlannedTest("a::1", "a")], 1, {})
    assert plan_screen(plan, 0) == [
        "shard  tests  groups  predicted",
        "1      1      1       -",
        "",
        "tests   1 test in 1 group; no recorded times, so none are predicted",
        f"digest  {plan.digest}",
    ]


def test_curve_is_in_minutes_where_it_takes_minutes() -> None:
    """Minutes and seconds are what a CI platform shows."""
    points = [
        Point(shards=1, wall=842.0, paid=842.0, bound=842.0, longest=1, bound_by=""),
        Point(
            shards=8, wall=151.4, paid=1049.6, bound=151.0, longest=3, bound_by="tests/search.py (module fixture 61 s)"
        ),
    ]
    assert curve_screen(points) == [
        "shards  wall   paid   longest  bound by",
        "1       14:02  14:02  -        -",
        "8       2:31   17:30  shard 3  tests/search.py (module fixture 61 s)",
    ]


@pytest.mark.parametrize(
    ("seconds", "minutes", "text"), [(59.6, True, "1:00"), (3600, True, "60:00"), (59.64, False, "59.6 s")]
)
def test_times_are_rounded_once(seconds: float, text: str, *, minutes: bool) -> None:
    """There is never a 0:60."""
    assert human_time(seconds, minutes=minutes) == text
