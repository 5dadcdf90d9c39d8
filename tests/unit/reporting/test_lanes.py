"""Tests of ``juncture.reporting.lanes``."""

from __future__ import annotations

from dataclasses import replace

from bundled import arrived, ran, recorded, suite_of
from hypothesis import given
from hypothesis import strategies as st

from juncture.recording.outcomes import FixtureRecord
from juncture.reporting.lanes import Lane, Stretch, lanes_of, told_together

BEGAN = 1_700_000_000.0


def lane(*stretches: tuple[str, float, float]) -> Lane:
    """Return a lane of ten seconds with tests of these groups, from and to these seconds."""
    tests = tuple(Stretch(name=name, start=start, end=end, tests=1) for name, start, end in stretches)
    return Lane(suite="s", shard=1, worker="gw0", start=0.0, end=10.0, tests=tests, fixtures=(), bad=())


def test_a_worker_is_a_lane() -> None:
    """Times count from the shard's beginning; a fixture's setup ends when it was told of; a failure has its moment."""
    first = ran("t.py::test_b", began=BEGAN + 3, seconds={"setup": 1.0, "call": 0.5})
    second = ran("t.py::test_a", "failed", began=BEGAN + 5, seconds={"call": 1.0})
    setup = FixtureRecord(
        name="app", scope="session", base="", phase="setup", seconds=0.75, worker="gw0", ended=BEGAN + 4
    )
    record = recorded(first, second, began=BEGAN, fixtures=(setup, replace(setup, phase="teardown")))
    record = replace(record, workers=(replace(record.workers[0], began=BEGAN + 1, wall=6.0),))
    (found,) = lanes_of([suite_of(record)])
    assert (found.start, found.end, found.worker, found.bad) == (1.0, 7.0, "gw0", (5.0,))
    assert [(each.name, each.start, each.end) for each in found.tests] == [("t.py", 3.0, 4.5), ("t.py", 5.0, 6.0)]
    assert [(each.name, each.start, each.end) for each in found.fixtures] == [("app", 3.25, 4.0)]
    assert (found.count, found.busy) == (2, 2.5)


def test_what_lies_outside_its_process_is_cut() -> None:
    """A clock that jumped leaves no bar outside of its lane."""
    record = recorded(ran("t.py::test", began=BEGAN - 5, seconds={"call": 100.0}), began=BEGAN)
    record = replace(record, workers=(replace(record.workers[0], began=BEGAN, wall=2.0),))
    (found,) = lanes_of([suite_of(record)])
    assert [(each.start, each.end) for each in found.tests] == [(0.0, 2.0)]


def test_without_times_there_is_no_lane() -> None:
    """A record that does not tell when its processes began is not drawn."""
    assert lanes_of([suite_of(recorded(ran("t.py::test")))]) == []


def test_neighbours_of_a_group_are_told_together() -> None:
    """One group is one stretch, however long its tests; another one of some length begins anew."""
    short = told_together(lane(("a", 0, 1), ("a", 1, 2), ("b", 2, 3), ("b", 5, 6)), 0.5)
    assert [(each.name, each.start, each.end, each.tests) for each in short.tests] == [
        ("a", 0, 2, 2),
        ("b", 2, 3, 1),
        ("b", 5, 6, 1),
    ]


def test_tiny_groups_are_told_together() -> None:
    """What is too short to be seen joins its neighbour, and is counted."""
    short = told_together(lane(("a", 0, 0.1), ("b", 0.1, 2), ("c", 2, 2.1)), 0.5)
    assert short.tests == (Stretch(name="b", start=0, end=2.1, tests=3, groups=3),)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.4), st.floats(0, 0.4)), max_size=200))
def test_no_lane_is_crowded(steps: list[tuple[str, float, float]]) -> None:
    """No test is lost, the order stays, and there are at most two stretches per step of the resolution."""
    now, stretches = 0.0, []
    for name, pause, length in steps:
        stretches.append((name, now + pause, now + pause + length))
        now += pause + length
    whole = lane(*stretches)
    short = told_together(whole, 0.25)
    assert short.count == whole.count
    assert [each.start for each in short.tests] == sorted(each.start for each in short.tests)
    assert len(short.tests) <= 2 * now / 0.25 + 1
    assert sum(each.end - each.start for each in short.tests) >= whole.busy - 1e-9


def test_a_rerun_has_lanes_of_its_own() -> None:
    """After those of the shards, and named apart from them."""
    record = recorded(ran("t.py::test"), began=BEGAN)
    record = replace(record, workers=(replace(record.workers[0], began=BEGAN),))
    again = arrived(replace(record, rerun=True), rerun="r")
    assert [each.where for each in lanes_of([suite_of(record, reruns=(again,))])] == ["shard 1", "re-run 1"]
