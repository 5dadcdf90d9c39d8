"""Work: what planned tests cost, what they share, and which of them stay together."""

from __future__ import annotations

import pytest

from juncture.sharding.costs import PlannedTest
from juncture.sharding.history import NO_HISTORY, FixtureKey, History, KnownFixture, timed
from juncture.sharding.work import AROUND, Work, work_of

A, B = "tests/test_a.py", "tests/test_b.py"


def planned(nodeid: str, *fixtures: FixtureKey, mark: str = "") -> PlannedTest:
    """Return a planned test, whose group is the beginning of its node id unless it is marked."""
    return PlannedTest(nodeid, mark or nodeid.rpartition("::")[0], bool(mark), fixtures)


def worked(tests: list[PlannedTest], costs: dict[FixtureKey, int]) -> Work:
    """Return the work of tests that take 5 µs each, with fixtures at these costs."""
    times = {test.nodeid: timed(5) for test in tests}
    return work_of(tests, History(times, {key: KnownFixture(0, cost) for key, cost in costs.items()}))


def units(work: Work) -> list[list[int]]:
    """Return the units as plain lists."""
    return [list(unit) for unit in work.units]


def test_each_test_has_what_pytest_takes_around_it() -> None:
    """Of tiny tests that is most of it."""
    work = worked([planned(f"{A}::test_1"), planned(f"{A}::test_2")], {})
    assert work.own == [5 + AROUND] * 2
    assert work.known


@pytest.mark.parametrize("history", [NO_HISTORY, History({"gone": timed(5)})])
def test_costs_are_guesses_where_none_is_known(history: History) -> None:
    """Times of other tests say nothing; files are units, whatever classes they have."""
    work = work_of([planned(f"{A}::test_1"), planned(f"{A}::TestOne::test_2"), planned(f"{B}::test_3")], history)
    assert not work.known
    assert units(work) == [[0, 1], [2]]


@pytest.mark.parametrize(
    ("key", "cost", "expected"),
    [
        (FixtureKey(A, "thing", "module", "", A), 5000, [[0, 1]]),
        (FixtureKey(A, "thing", "module", "", A), 5, [[0], [1]]),
        (FixtureKey("", "thing", "session"), 5000, [[0], [1]]),
        (FixtureKey("", "thing", "session", "1"), 5000, [[0, 1]]),
    ],
)
def test_classes_are_one_unit_where_leaving_it_would_cost(
    key: FixtureKey, cost: int, expected: list[list[int]]
) -> None:
    """They share a module's expensive fixture, or one parameter of a session's; what stays binds nothing together."""
    tests = [planned(f"{A}::TestOne::test_1", key), planned(f"{A}::TestTwo::test_2", key)]
    assert units(worked(tests, {key: cost})) == expected


def test_a_session_fixture_is_one_for_all() -> None:
    """It is not narrow."""
    key = FixtureKey("", "engine", "session")
    work = worked([planned(f"{A}::test_1", key), planned(f"{B}::test_2", key)], {key: 7000})
    assert (work.needs, work.weights, work.narrow) == ([1, 1], [7000], 0)


@pytest.mark.parametrize("history", [NO_HISTORY, History({f"{A}::test_1": timed(5)})])
def test_a_marked_group_is_a_unit_that_is_never_parted(history: History) -> None:
    """It may reach over modules; a group that is a part of the node id may be parted, even by that name."""
    tests = [
        planned(f"{A}::test_1", mark="shared"),
        planned(f"{A}::test_2"),
        planned(f"{B}::test_3", mark="shared"),
        planned(f"{B}::test_4", mark=A),
    ]
    work = work_of(tests, history)
    assert units(work) == [[0, 2], [1], [3]]
    assert work.pinned == {0, 2}
