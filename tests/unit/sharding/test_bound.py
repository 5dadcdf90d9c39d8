"""The time that no division can beat, against all divisions that there are."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from suites import MODULE, SESSION, suite_of

from juncture.sharding import make_plan
from juncture.sharding.bound import Bound, lower_bound
from juncture.sharding.costs import PlannedTest, costs_of
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.pieces import whole_groups

KEYS = [FixtureKey("", name, "session") for name in "abc"]
TESTS = st.lists(
    st.tuples(st.integers(1, 20), st.lists(st.sampled_from(KEYS), max_size=2, unique=True), st.sampled_from("pqr")),
    min_size=1,
    max_size=6,
)


def best_of_all(tests: list[tuple[int, list[FixtureKey], str]], weights: dict[FixtureKey, int], bins: int) -> int:
    """Return the shortest longest bin of all divisions, in seconds; the group ``p`` is never parted."""
    best = 10**9
    for homes in product(range(bins), repeat=len(tests)):
        if len({home for home, (_, _, group) in zip(homes, tests, strict=True) if group == "p"}) > 1:
            continue
        times = []
        for number in range(bins):
            mine = [test for home, test in zip(homes, tests, strict=True) if home == number]
            needed = {key for _, keys, _ in mine for key in keys}
            times.append(sum(time for time, _, _ in mine) + sum(weights[key] for key in needed))
        best = min(best, max(times))
    return best


@settings(max_examples=150, deadline=None)
@given(TESTS, st.lists(st.integers(1, 20), min_size=3, max_size=3), st.integers(1, 3))
def test_bound_is_honest(tests: list[tuple[int, list[FixtureKey], str]], weights: list[int], bins: int) -> None:
    """The best of all divisions is never below the bound, and the plan's own is never below the best."""
    planned = [
        PlannedTest(f"{group}::{n}", group, group == "p", tuple(keys)) for n, (_, keys, group) in enumerate(tests)
    ]
    by_key = dict(zip(KEYS, weights, strict=True))
    history = History(
        {test.nodeid: KnownTest(1, time * 1_000_000) for test, (time, _, _) in zip(planned, tests, strict=True)},
        {key: KnownFixture(1, time * 1_000_000) for key, time in by_key.items()},
    )
    plan = make_plan(planned, bins, history)
    best = best_of_all(tests, by_key, bins)
    assert plan.lower_bound_seconds <= best
    assert best <= max(shard.predicted_seconds for shard in plan.shards)


def bound(
    times: dict[str, int], needs: dict[str, tuple[FixtureKey, ...]], fixtures: dict[FixtureKey, int], bins: int
) -> Bound:
    """Return the bound on a suite, in seconds."""
    tests, history = suite_of(times, needs, fixtures)
    tests.sort()
    costs = costs_of(tests, history)
    found = lower_bound(whole_groups(tests, costs), costs, bins)
    return Bound(found.time // 1_000_000, found.unit)


def test_fixture_that_all_need_is_paid_in_every_bin() -> None:
    """Four bins that each pay 10 s can't share 40 s of tests in less than 20."""
    times = {f"a.py::{n}": 5 for n in range(8)}
    assert bound(times, dict.fromkeys(times, (SESSION,)), {SESSION: 10}, 4).time == 20
    assert bound(times, {}, {}, 4).time == 10


def test_test_with_its_fixture_can_not_be_divided() -> None:
    """What a module's fixture takes is part of each of its tests."""
    times = {"a.py::1": 3, "a.py::2": 1, "b.py::1": 2}
    found = bound(times, {"a.py::1": (MODULE,), "a.py::2": (MODULE,)}, {MODULE: 61}, 8)
    assert (found.time, list(found.unit)) == (64, [0])


def test_five_large_tests_do_not_fit_four_bins_one_by_one() -> None:
    """Two of them share a bin, whichever."""
    assert bound({f"a.py::{n}": 10 for n in range(5)}, {}, {}, 4).time == 20


def test_nothing_takes_no_time() -> None:
    """An empty suite has no bound to be above."""
    assert bound({}, {}, {}, 4) == Bound(0)
