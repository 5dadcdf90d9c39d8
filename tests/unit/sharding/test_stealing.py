"""What one worker takes over from another."""

from __future__ import annotations

import pytest

from juncture.sharding.forecast import Forecast
from juncture.sharding.lines import Line
from juncture.sharding.stealing import Move, best_move, sent_tail
from juncture.sharding.work import Work

MILLI = 1000


def anything(_: int) -> bool:
    """Let every unit be parted."""
    return True


def nothing(_: int) -> bool:
    """Let none be parted."""
    return False


def pair(fixture: int) -> tuple[Line, Line]:
    """Return a victim that has two units of four tests of 100 ms before it, and a thief with nothing.

    Each unit has a narrow fixture of so many milliseconds.
    """
    units = (tuple(range(4)), tuple(range(4, 8)))
    work = Work([100 * MILLI] * 8, [1] * 4 + [2] * 4, [fixture * MILLI] * 2, 3, units, frozenset(), known=True)
    forecast = Forecast(work)
    victim, thief = Line("gw0", forecast), Line("gw1", forecast)
    victim.plan = [[0, 1, 2, 3], [4, 5, 6, 7]]
    return victim, thief


@pytest.mark.parametrize("divisible", [anything, nothing])
def test_a_whole_unit_is_best_where_there_is_one(divisible: object) -> None:
    """The last one, and it costs nothing more."""
    victim, thief = pair(300)
    assert best_move(victim, thief, 0, divisible) == Move(700 * MILLI, 0, 1, 0)  # type: ignore[arg-type] # a function


def test_the_last_tests_of_one_are_next() -> None:
    """Half of what is left, where the fixture is cheap; less, where the thief has to set it up."""
    for fixture, cut in ((0, 2), (100, 2), (250, 3)):
        victim, thief = pair(fixture)
        victim.plan = [[0, 1, 2, 3]]
        victim.up = 1
        move = best_move(victim, thief, 0, anything)
        assert move
        assert (move.number, move.cut, move.added) == (0, cut, fixture * MILLI)


def test_nothing_is_taken_where_it_would_not_be_done_earlier() -> None:
    """The fixture takes as long as all there is to do."""
    victim, thief = pair(400)
    victim.plan = [[0, 1, 2, 3]]
    victim.up = 1
    assert best_move(victim, thief, 0, anything) is None


def test_a_marked_unit_that_has_begun_stays() -> None:
    """Only whole ones may go."""
    victim, thief = pair(0)
    victim.plan = [[0, 1, 2, 3]]
    victim.take(0)
    assert best_move(victim, thief, 0, nothing) is None


def test_of_what_was_sent_the_first_two_stay() -> None:
    """The test that runs, and the one after it."""
    victim, thief = pair(0)
    victim.held, victim.plan = [0, 1, 2, 3], []
    assert sent_tail(victim, thief, 0, anything) == [2, 3]
    assert sent_tail(victim, thief, 0, nothing) == []
    victim.held = [0, 1]
    assert sent_tail(victim, thief, 0, anything) == []
