"""What one worker had better take over from another: a whole group, or the last tests of one, or nothing."""

from __future__ import annotations

from itertools import accumulate
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from juncture.sharding.forecast import Forecast
    from juncture.sharding.lines import Line

__all__ = ["Move", "best_move", "sent_tail"]

LEAST = 2000
"""Microseconds; to gain less is not worth a message."""

WORTH = 8
"""Setting fixtures up once more has to gain an eighth of what it costs: it loads the machine for all."""

LOOKED_AT = 16
"""Whole groups that are considered, from the end of a line, where the shortest are."""


class Move(NamedTuple):
    """Take the tests from position ``cut`` on out of the chunk ``number`` of a line's plan.

    ``end`` is the later one of both workers' ends after that, ``added`` are microseconds of fixtures that will be set
    up once more.
    """

    end: int
    added: int
    number: int
    cut: int


class _Pair(NamedTuple):
    """Two workers as they are: when the victim ends, when the thief does, and the fixtures it has set up then."""

    end: int
    start: int
    up: int

    @classmethod
    def of(cls, victim: Line, thief: Line, now: int) -> _Pair:
        return cls(victim.end(now)[0], *thief.end(now))

    def best(self, moves: Iterator[Move]) -> Move | None:
        """Return the move that gains most, if it is worth it; of equals a whole group, and the last."""
        if self.end - self.start < LEAST:
            return None
        worth = (move for move in moves if self.end - move.end >= max(LEAST, move.added // WORTH))
        return min(worth, key=lambda move: (move.end + move.added // WORTH, move.cut, -move.number), default=None)


def best_move(victim: Line, thief: Line, now: int, divisible: Callable[[int], bool]) -> Move | None:
    """Return what the thief had better take out of the victim's plan, or None.

    ``divisible`` tells of a unit whether its tests may be parted.
    """
    pair = _Pair.of(victim, thief, now)
    return pair.best(_moves(victim, pair, now, divisible))


def sent_tail(victim: Line, thief: Line, now: int, divisible: Callable[[int], bool]) -> list[int]:
    """Return the tests that the victim, which has no others left, had better give back to the thief; or none.

    The one that runs and the one after it can't be had.
    """
    forecast = victim.forecast
    tests = victim.held[2:]
    while tests and not all(divisible(forecast.unit_of[test]) for test in tests):
        del tests[0]
    kept = forecast.needs(victim.held[: len(victim.held) - len(tests)])
    pair = _Pair.of(victim, thief, now)
    move = pair.best(_tails(forecast, tests, kept, pair, whole=True))
    return tests[move.cut :] if move else []


def _moves(victim: Line, pair: _Pair, now: int, divisible: Callable[[int], bool]) -> Iterator[Move]:
    """Yield moves of whole chunks, then of the last tests of the longest chunk and of the last one."""
    yield from _whole(victim, pair, now, divisible)
    forecast = victim.forecast
    able = [number for number, chunk in enumerate(victim.plan) if divisible(forecast.unit_of[chunk[0]])]
    longest = max(able, key=lambda number: forecast.sum(victim.plan[number]), default=0)
    for number in {longest, *able[-1:]} if able else ():
        kept = victim.up
        for other, chunk in enumerate(victim.plan):
            kept |= forecast.needs(chunk) if other != number else 0
        for move in _tails(forecast, victim.plan[number], kept, pair, whole=number == 0):
            yield move._replace(number=number)


def _whole(victim: Line, pair: _Pair, now: int, divisible: Callable[[int], bool]) -> Iterator[Move]:
    """Yield the moves of whole chunks, but of none whose beginning was sent already."""
    forecast = victim.forecast
    begun = {forecast.unit_of[test] for test in victim.held}
    for number in range(max(0, len(victim.plan) - LOOKED_AT), len(victim.plan)):
        chunk = victim.plan[number]
        unit = forecast.unit_of[chunk[0]]
        if unit in begun and (number == 0 or not divisible(unit)):
            continue
        own = forecast.sum(chunk)
        setups = forecast.weigh(forecast.needs(chunk) & ~pair.up)
        rest, _ = victim.end(now, [*victim.plan[:number], *victim.plan[number + 1 :]])
        spared = pair.end - rest - own
        yield Move(max(rest, pair.start + setups + own), max(0, setups - spared), number, 0)


def _tails(forecast: Forecast, tests: Sequence[int], kept: int, pair: _Pair, *, whole: bool) -> Iterator[Move]:
    """Yield the moves of the last tests, all of them only where ``whole``; ``kept`` stays set up at the victim."""
    heads = [0, *accumulate((forecast.needs((test,)) for test in tests), or_)]
    own = needed = 0
    for cut in range(len(tests) - 1, -1 if whole else 0, -1):
        own += forecast.of(tests[cut])
        needed |= forecast.needs((tests[cut],))
        spared = forecast.weigh(needed & ~(heads[cut] | kept))
        setups = forecast.weigh(needed & ~pair.up)
        end = max(pair.end - own - spared, pair.start + own + setups)
        yield Move(end, max(0, setups - spared), 0, cut)
