"""Groups that stay whole, and groups that are divided."""

from __future__ import annotations

import pytest
from suites import MODULE, made_suite, suite_of

from juncture.sharding import Plan, PlannedTest, make_plan
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest


def longest(plan: Plan) -> float:
    """Return the predicted seconds of the longest shard."""
    return max(shard.predicted_seconds for shard in plan.shards)


def divided(plan: Plan) -> set[str]:
    """Return the groups that are on several shards."""
    homes = {(plan.groups[nodeid], shard.index) for shard in plan.shards for nodeid in shard.nodeids}
    names = [group for group, _ in homes]
    return {group for group in names if names.count(group) > 1}


def test_large_module_is_divided() -> None:
    """A module of most of the suite's time would be a shard's of its own; its tests balance the shards."""
    times = {f"big.py::{n}": 5 for n in range(12)} | {f"m{n}.py::1": 10 for n in range(3)}
    plan = make_plan(*_over(suite_of(times, {}, {}), 3))
    assert (longest(plan), divided(plan)) == (30.0, {"big.py"})


def test_module_stays_whole_where_its_fixture_costs_more() -> None:
    """To pay 61 s a second time would save less."""
    times = {f"a.py::{n}": 1 for n in range(12)} | {f"m{n}.py::1": 10 for n in range(4)}
    needs = {nodeid: (MODULE,) for nodeid in times if nodeid.startswith("a.py")}
    plan = make_plan(*_over(suite_of(times, needs, {MODULE: 61}), 2))
    assert (longest(plan), divided(plan)) == (73.0, set())


def test_marked_group_is_never_divided() -> None:
    """Who marks tests with ``xdist_group`` says that they can't be parted, whatever it costs."""
    tests = [PlannedTest(f"t{n}.py::1", "together", pinned=True) for n in range(10)]
    plan = make_plan(tests, 5, dict.fromkeys([test.nodeid for test in tests], 6.0))
    assert (longest(plan), divided(plan), plan.lower_bound_seconds) == (60.0, set(), 60.0)
    assert plan.bound_by == "together (xdist_group 60 s)"


def test_parameters_of_a_sessions_fixture_gather() -> None:
    """Where each module runs with each of two expensive databases, each shard has one database of its own."""
    keys = [FixtureKey("", "db", "session", str(number)) for number in range(2)]
    tests = [
        PlannedTest(f"m{module}.py::t[{number}-{n}]", f"m{module}.py", fixtures=(keys[number],))
        for module in range(6)
        for number in range(2)
        for n in range(3)
    ]
    history = History(
        {test.nodeid: KnownTest(1, 1_000_000) for test in tests}, {key: KnownFixture(1, 30_000_000) for key in keys}
    )
    plan = make_plan(tests, 2, history)
    assert [shard.predicted_seconds for shard in plan.shards] == [48.0, 48.0]


@pytest.mark.parametrize("shards", [2, 4, 8])
def test_usual_suite_comes_close_to_the_bound(shards: int) -> None:
    """Some 340 tests in 40 modules with fixtures of up to 3 s, and one of 1.5 s for the session."""
    for seed in range(5):
        plan = make_plan(*_over(made_suite(seed, 40, 8), shards))
        assert longest(plan) <= 1.01 * plan.lower_bound_seconds


def test_what_all_pay_is_named() -> None:
    """Where a session's fixture is what more shards can't shorten, the plan says so."""
    plan = make_plan(*_over(made_suite(1, 40, 8), 8))
    assert plan.bound_by == "session fixture app 1.5 s, paid 8 times"


def _over(suite: tuple[list[PlannedTest], History], shards: int) -> tuple[list[PlannedTest], int, History]:
    return suite[0], shards, suite[1]
