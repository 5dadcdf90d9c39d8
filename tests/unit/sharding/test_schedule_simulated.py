"""The schedule against simulated workers: random suites, random deaths, and xdist's own schedulers beside it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import SILENT, Run, Suite
from xdist.scheduler import (  # type: ignore[import-untyped] # xdist ships no types
    LoadScheduling,
    LoadScopeScheduling,
    WorkStealingScheduling,
)

from juncture.sharding.history import NO_HISTORY, History

SECOND = 1_000_000
EXAMPLES = 60
DURATIONS = st.one_of(st.integers(1, 30_000), st.sampled_from((50_000, 300_000, 2 * SECOND)))
DEATHS = st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 7)), max_size=5)


@st.composite
def suites(draw: st.DrawFn) -> Suite:
    """Return suites of a few modules, with classes, module and session fixtures, and groups by mark."""
    nodeids: list[str] = []
    own: list[int] = []
    needs: list[frozenset[str]] = []
    marked: dict[int, str] = {}
    setups = {"engine": draw(st.sampled_from((200_000, 2 * SECOND)))}
    for number in range(draw(st.integers(1, 6))):
        module = f"test_{number}.py"
        setups[module] = draw(st.sampled_from((0, 0, 50_000, 500_000, 3 * SECOND)))
        needed = frozenset(
            [*([module] if setups[module] else []), *(["engine"] if draw(st.integers(0, 3)) == 0 else [])]
        )
        inner = draw(st.sampled_from(("", "", "::TestOne")))
        for test, time in enumerate(draw(st.lists(DURATIONS, min_size=1, max_size=12))):
            if draw(st.integers(0, 19)) == 0:
                marked[len(own)] = "together"
            nodeids.append(f"{module}{inner if test % 2 else ''}::test_{test}")
            own.append(time)
            needs.append(needed)
    return Suite(nodeids, own, needs, setups, frozenset({"engine"}), marked)


def played(run: Run, history: History) -> int:
    """Run with our scheduler; return the microseconds."""
    run.play(run.ours(history))
    return run.now


@given(suite=suites(), workers=st.integers(1, 8), known=st.booleans())
@settings(max_examples=EXAMPLES, deadline=None)
def test_each_test_runs_once(suite: Suite, workers: int, known: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever the suite and the number of workers: nothing is lost, nothing runs twice, nobody waits for ever."""
    run = Run(suite, workers)
    sched = run.ours(suite.history if known else NO_HISTORY)
    run.play(sched)
    assert run.ended == dict.fromkeys(range(len(suite.own)), 1)
    assert sched.unfinished == []


@given(suite=suites(), workers=st.integers(1, 6), deaths=DEATHS, start=st.sampled_from((1000, 300_000, 4 * SECOND)))
@settings(max_examples=EXAMPLES, deadline=None)
def test_after_deaths_all_but_what_was_in_flight_runs_once(
    suite: Suite, workers: int, deaths: list[tuple[int, int]], start: int
) -> None:
    """Only what ran when its worker died never comes to an end, is blamed for it, and is not tried again."""
    run = Run(suite, workers, start=start)
    run.play(run.ours(suite.history), deaths)
    assert run.blamed == run.in_flight
    assert set(run.begun.values()) <= {1}
    assert {suite.nodeids[test] for test in run.ended} == set(suite.nodeids) - run.in_flight


@given(suite=suites(), workers=st.integers(1, 6), deaths=DEATHS, restarts=st.integers(0, 1))
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_no_worker_is_left_for_is_named(
    suite: Suite, workers: int, deaths: list[tuple[int, int]], restarts: int
) -> None:
    """Where dead workers are not replaced, every test ran, was in flight, or is told to be left over."""
    run = Run(suite, workers, restarts=restarts)
    sched = run.ours(suite.history)
    run.play(sched, deaths)
    ran = {suite.nodeids[test] for test in run.ended}
    assert ran.isdisjoint(sched.unfinished)
    assert ran | run.in_flight | set(sched.unfinished) == set(suite.nodeids)
    assert not sched.unfinished or run.crashes > restarts


@given(suite=suites(), workers=st.integers(1, 6), deaths=DEATHS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_without_journals_nothing_runs_twice_or_is_passed_over(
    suite: Suite, workers: int, deaths: list[tuple[int, int]]
) -> None:
    """What a dead worker may have begun is blamed, even where it had not; all else runs once."""
    run = Run(suite, workers)
    run.play(run.ours(NO_HISTORY, journals=False), deaths)
    assert run.blamed >= run.in_flight
    assert set(run.begun.values()) <= {1}
    assert {suite.nodeids[test] for test in run.ended} == set(suite.nodeids) - run.blamed


@given(suite=suites(), workers=st.integers(1, 8))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_marked_group_stays_on_one_worker(suite: Suite, workers: int) -> None:
    """Whoever runs one test of an ``xdist_group`` runs all of it, whatever it costs."""
    run = Run(suite, workers)
    run.play(run.ours(suite.history))
    assert sum(not suite.marked.keys().isdisjoint(tests) for tests in run.order.values()) == bool(suite.marked)


@given(suite=suites(), workers=st.integers(1, 8))
@settings(max_examples=EXAMPLES, deadline=None)
def test_known_costs_end_near_the_bound(suite: Suite, workers: int) -> None:
    """With all costs known, the end is within what list scheduling promises, setups and groups counted in full.

    No rule of this kind is worse than an equal share of all that is run, and its longest piece: here the longest test
    with its fixtures, and one more that waits behind it unseen, or the longest marked group.
    """
    run = Run(suite, workers)
    end = played(run, suite.history)
    costs = [time + sum(suite.setups[name] for name in suite.needs[test]) for test, time in enumerate(suite.own)]
    marked = sum(costs[test] for test in suite.marked)
    done = sum(run.took.values())
    messages = 20_000 + 2_000 * len(costs)
    assert end <= done / workers + 2 * max(costs) + marked + messages


@given(suite=suites(), workers=st.integers(2, 6))
@settings(max_examples=EXAMPLES, deadline=None)
def test_known_costs_beat_schedulers_without_them(suite: Suite, workers: int) -> None:
    """With all costs known it takes hardly ever longer than xdist's schedulers, and never by much.

    It may be an eighth of a fixture behind, as it sets none up again for less, or a test.
    """
    suite = Suite(suite.nodeids, suite.own, suite.needs, suite.setups, suite.wide)
    ours = played(Run(suite, workers), suite.history)
    others = []
    for scheduler in (LoadScheduling, LoadScopeScheduling, WorkStealingScheduling):
        run = Run(suite, workers)
        run.play(scheduler(run.config, SILENT))
        others.append(run.now)
    slack = sum(suite.setups.values()) / 8 + max(suite.own) + 20_000
    assert ours <= min(others) * 1.1 + slack


@pytest.mark.parametrize(("workers", "end"), [(1, 4.1), (2, 2.05), (4, 2.0)])
def test_a_heavy_test_does_not_wait_behind_another(workers: int, end: float) -> None:
    """Costs of 2, 2, .05 and .05 s on two workers take 2.05 s, where no heavy one is sent ahead."""
    times = [2 * SECOND, 2 * SECOND, SECOND // 20, SECOND // 20]
    suite = Suite([f"test_a.py::test_{number}" for number in range(4)], times, [frozenset()] * 4)
    assert played(Run(suite, workers), suite.history) == pytest.approx(end * SECOND, rel=0.01)


def test_an_expensive_fixture_of_the_whole_run_is_set_up_once() -> None:
    """Where other work fills the second worker, a session fixture of 3 s is set up on one worker alone."""
    nodeids, needs = [], []
    for module in range(40):
        nodeids.append(f"test_{module}.py::test_it")
        needs.append(frozenset({"engine"} if module % 4 == 0 else ()))
    suite = Suite(nodeids, [SECOND // 3] * 40, needs, {"engine": 3 * SECOND}, frozenset({"engine"}))
    run = Run(suite, 2)
    end = played(run, suite.history)
    assert run.setups["engine"] == 1
    assert end <= (sum(suite.own) + 3 * SECOND) / 2 + SECOND // 3 + 20_000


def test_costs_are_learned_where_nothing_is_known() -> None:
    """Nobody said that modules have a fixture of 2 s: when the first are done, no other one is parted for a second."""
    nodeids = [f"test_{module}.py::test_{test}" for module in range(12) for test in range(10)]
    needs = [frozenset({nodeid.partition("::")[0]}) for nodeid in nodeids]
    suite = Suite(nodeids, [20_000] * 120, needs, {f"test_{module}.py": 2 * SECOND for module in range(12)})
    run = Run(suite, 3)
    run.play(run.ours(NO_HISTORY))
    assert sum(run.setups.values()) == 12


def test_a_group_is_parted_once_at_most_on_a_guess() -> None:
    """While a module sets up for 3 s, four workers run out of work; only one of them takes its last tests over."""
    nodeids = [f"test_{module}.py::test_{test}" for module in range(5) for test in range(10)]
    needs = [frozenset({"test_0.py"} if nodeid.startswith("test_0.py") else ()) for nodeid in nodeids]
    run = Run(Suite(nodeids, [20_000] * 50, needs, {"test_0.py": 3 * SECOND}), 5)
    run.play(run.ours(NO_HISTORY))
    assert run.setups["test_0.py"] == 2
