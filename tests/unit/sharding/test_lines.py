"""Lines: what a worker holds, what is sent to it when, and when it will be through."""

from __future__ import annotations

import pytest

from juncture.sharding.forecast import Forecast
from juncture.sharding.lines import Line
from juncture.sharding.work import Work

MILLI = 1000


@pytest.fixture
def line() -> Line:
    """Return the line of a worker: ten tests of 100 ms in two units, each with a narrow fixture of a second."""
    units = (tuple(range(5)), tuple(range(5, 10)))
    needs = [1] * 5 + [2] * 5
    work = Work([100 * MILLI] * 10, needs, [1000 * MILLI] * 2, 3, units, frozenset(), known=True)
    return Line("gw0", Forecast(work))


def test_the_end_counts_each_fixture_once(line: Line) -> None:
    """Ten tests and two fixtures; what is set up in the end is the last unit's."""
    line.plan = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert line.end(0) == (3000 * MILLI, 2)


def test_sending_changes_no_end(line: Line) -> None:
    """What is held has the same costs as what is planned."""
    line.plan = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert line.take(0) == [0, 1, 2]
    assert line.end(0) == (3000 * MILLI, 2)
    line.finish(0, 1100 * MILLI)
    assert line.end(1100 * MILLI) == (3000 * MILLI, 2)


def test_a_test_that_is_late_is_taken_to_be_late_as_long_again(line: Line) -> None:
    """After 2 s of a test and fixture of 1.1 s, another .9 s are expected."""
    line.plan = [[0, 1]]
    line.take(0)
    assert line.end(2000 * MILLI) == ((2000 + 900 + 100) * MILLI, 1)


def test_tests_of_a_unit_are_kept_in_the_order_of_the_collection(line: Line) -> None:
    """What is added joins what is there."""
    line.plan = [[3, 4], [5]]
    line.add([1, 2])
    line.add([6])
    assert line.plan == [[1, 2, 3, 4], [5, 6]]


def test_a_worker_starves_with_one_test(line: Line) -> None:
    """It can run that only when it knows what follows, or that nothing does."""
    line.plan = [[0]]
    line.take(0)
    assert line.starves
    line.closing = True
    assert not line.starves


def test_what_was_given_back_has_to_be_set_up_again(line: Line) -> None:
    """The fixtures of what is left count."""
    line.plan = [[0, 1], [5]]
    line.take(0)
    assert line.held == [0, 1, 5]
    line.give_back([5])
    assert (line.held, line.up) == ([0, 1], 1)
    assert line.end(0) == (1200 * MILLI, 1)
