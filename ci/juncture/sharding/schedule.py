"""Which worker of a job runs which test when: what happened in, commands out; no clock, no process, no dice.

A worker of pytest-xdist runs a test only when it holds the next one too, or was told that nothing will follow. What it
holds beyond these two it can give back. So each worker has a plan that is sent to it piece by piece, the longest group
first. One that is out of work takes a whole group over from the worker that has most to do, or the last tests of one;
where that would gain nothing, it is closed, as it must be to run its last test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from juncture.sharding.dealing import deal
from juncture.sharding.forecast import Forecast
from juncture.sharding.lines import Line
from juncture.sharding.stealing import best_move, sent_tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.sharding.lines import Chunk
    from juncture.sharding.work import Work

__all__ = ["Close", "Command", "Schedule", "Send", "Steal"]


RESTING = 8
"""A worker that holds nothing, and found nothing, looks again after an eighth of the time that is left."""


FAIR = 110
"""Percent of an equal share that a worker may be given at first: beyond it a group is parted at once."""


class Send(NamedTuple):
    """Send tests to a worker."""

    worker: str
    tests: tuple[int, ...]


class Steal(NamedTuple):
    """Ask a worker to give tests back; `Schedule.returned` hears which, all of them or none."""

    worker: str
    tests: tuple[int, ...]


class Close(NamedTuple):
    """Tell a worker that nothing follows: it runs what it holds, and ends."""

    worker: str


Command = Send | Steal | Close


class Schedule:
    """The schedule of one job; each method tells what happened, and returns the commands that follow.

    Tests are positions in the collection, times are microseconds. Equal calls give equal commands.
    """

    def __init__(self, work: Work) -> None:
        """Take the work that is to be done."""
        self.forecast = Forecast(work)
        self._work = work
        self._lines: dict[str, Line] = {}
        self._waiting: list[Chunk] = [list(unit) for unit in work.units]
        self._now = 0
        self._parted: set[int] = set()

    @property
    def is_done(self) -> bool:
        """Tell whether every test was given out, and no worker holds one without being able to run it."""
        return not self._waiting and all(
            not line.plan and not line.giving and (line.closing or not line.held) for line in self._lines.values()
        )

    @property
    def unfinished(self) -> list[int]:
        """The tests that did not run yet, as far as is known."""
        waiting = [test for chunk in self._waiting for test in chunk]
        return sorted(waiting + [test for line in self._lines.values() for test in self._all_of(line)])

    @property
    def workers(self) -> list[str]:
        """The workers that take part."""
        return list(self._lines)

    def is_open(self, worker: str) -> bool:
        """Tell whether a worker may be sent anything."""
        return not self._lines[worker].closing

    def held(self, worker: str) -> tuple[int, ...]:
        """Return what a worker was sent and did not finish yet, in its order."""
        return tuple(self._lines[worker].held)

    def add(self, workers: Iterable[str]) -> list[Command]:
        """Hear that workers are ready; those of the beginning all at once."""
        for worker in workers:
            self._lines[worker] = Line(worker, self.forecast)
        return self._settle()

    def finished(self, worker: str, test: int, time: int) -> list[Command]:
        """Hear that a worker is done with a test."""
        line = self._lines[worker]
        line.finish(test, time)
        self._now = max(self._now, line.clock)
        return self._settle()

    def returned(self, worker: str, tests: Iterable[int]) -> list[Command]:
        """Hear what a worker gave back; nothing where one of the tests had begun."""
        line = self._lines[worker]
        thief, line.giving = self._lines.get(line.giving), ""
        tests = list(tests)
        line.give_back(tests)
        for chunk in self._chunks(tests):
            if thief and not thief.closing:
                thief.add(chunk)
            else:
                self._waiting.append(chunk)
        return self._settle()

    def closed(self, worker: str) -> list[Command]:
        """Hear that somebody else told a worker that nothing follows."""
        line = self._lines[worker]
        line.closing = True
        self._waiting += line.plan
        line.plan = []
        return self._settle()

    def gone(self, worker: str, done: Iterable[int] = ()) -> list[Command]:
        """Hear that a worker is no more; ``done`` of what it held is not to run again, all else is."""
        line = self._lines.pop(worker)
        done = set(done)
        self._waiting += self._chunks(test for test in self._all_of(line) if test not in done)
        for other in self._lines.values():
            if other.giving == worker:
                other.giving = "nobody"
        return self._settle()

    def again(self, test: int) -> list[Command]:
        """Hear that a test is to run once more after all."""
        self._waiting.append([test])
        return self._settle()

    def _settle(self) -> list[Command]:
        """Give out what waits, send what workers need, and close those for which there is nothing."""
        commands: list[Command] = []
        if self._waiting:
            self._give_out()
        for line in self._lines.values():
            while not line.closing:
                if tests := line.take(self._now):
                    commands.append(Send(line.name, tuple(tests)))
                if not line.starves or line.giving or self._waits(line) or (line.rest > self._now and not line.held):
                    break
                if self._steal_unsent(line):
                    continue
                if command := self._steal_sent(line):
                    commands.append(command)
                elif line.held:
                    line.closing = True
                    commands.append(Close(line.name))
                else:
                    line.rest = self._now + self._latest() // RESTING
                break
        return commands

    def _give_out(self) -> None:
        open_lines = [line for line in self._lines.values() if not line.closing]
        if not open_lines:
            return
        deal(self._waiting, open_lines, self.forecast, self._now)
        self._waiting = []
        for _ in range(4 * len(open_lines)):
            self._parted.clear()
            if not self._balance(open_lines):
                break

    def _balance(self, lines: Sequence[Line]) -> bool:
        """Give the worker with least to do something of another's, where that is right before anything has run.

        No group is parted just for a little better balance: that can wait until it is seen what tests really take.
        """
        ends = {line.name: line.end(self._now)[0] - self._now for line in lines}
        idlest = min(lines, key=lambda line: ends[line.name])
        busiest = max(lines, key=lambda line: ends[line.name])
        if not idlest.plan and not idlest.held:
            return self._steal_unsent(idlest)
        fair = 100 * ends[busiest.name] * len(lines) <= FAIR * sum(ends.values())
        return self._work.known and not fair and self._move(busiest, idlest)

    def _steal_unsent(self, thief: Line) -> bool:
        """Move a group, or a part of one, from the plan that is through last to one that is empty."""
        return any(self._move(victim, thief) for victim in self._by_end(thief))

    def _move(self, victim: Line, thief: Line) -> bool:
        move = best_move(victim, thief, self._now, self._is_divisible)
        if move:
            chunk = victim.plan[move.number]
            victim.plan[move.number : move.number + 1] = [chunk[: move.cut]] if move.cut else []
            taken = chunk[move.cut :]
            unit = self.forecast.unit_of[taken[0]]
            self._parted |= {unit} if len(taken) < len(self._work.units[unit]) else set()
            thief.add(taken)
        return move is not None

    def _steal_sent(self, thief: Line) -> Steal | None:
        for victim in self._by_end(thief):
            if not victim.plan and not victim.giving:
                tests = sent_tail(victim, thief, self._now, self._is_divisible)
                if tests:
                    victim.giving = thief.name
                    self._parted.update(self.forecast.unit_of[test] for test in tests)
                    return Steal(victim.name, tuple(tests))
        return None

    def _latest(self) -> int:
        """Return how long it will be until the last worker is through."""
        return max(line.end(self._now)[0] for line in self._lines.values()) - self._now

    def _waits(self, line: Line) -> bool:
        return any(other.giving == line.name for other in self._lines.values())

    def _by_end(self, thief: Line) -> list[Line]:
        others = [line for line in self._lines.values() if line is not thief]
        return sorted(others, key=lambda line: -line.end(self._now)[0])

    def _is_divisible(self, unit: int) -> bool:
        """Tell whether a unit may be parted: on a mere guess only once, as what it starts with may be expensive."""
        return unit not in self._work.pinned and (unit not in self._parted or self.forecast.is_seen(unit))

    def _all_of(self, line: Line) -> list[int]:
        return line.held + [test for chunk in line.plan for test in chunk]

    def _chunks(self, tests: Iterable[int]) -> list[Chunk]:
        """Return tests as chunks, one for each unit."""
        found: dict[int, Chunk] = {}
        for test in sorted(tests):
            found.setdefault(self.forecast.unit_of[test], []).append(test)
        return list(found.values())
