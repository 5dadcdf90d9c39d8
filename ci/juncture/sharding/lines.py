"""A worker's line: what it was sent and has not finished, and what is kept for it; when it will be through."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.sharding.forecast import Forecast

__all__ = ["Chunk", "Line"]

Chunk = list[int]
"""Tests of one unit, in the order of the collection."""

PAIR = 2
"""Tests that a worker must hold to go on: the one that runs, and the next."""

AHEAD = 20_000
"""Microseconds of tests that a worker holds beyond the one that runs: it waits for no message."""

SHORT = 200_000
"""Microseconds; before a longer test a worker may well wait for a message."""


class Line:
    """One worker's line.

    ``held`` was sent: the first runs as soon as there is a second one, or the line is ``closing``; these two can't be
    had back. ``plan`` was not sent yet. ``up`` are the fixtures that are set up once all that was sent has run,
    ``fresh`` has those that are set up for a test that was sent. ``clock`` is the moment when the first of ``held``
    began, as far as reported durations tell. ``giving`` names the worker that waits for what this one was asked to give
    back; up to the moment ``rest`` an idle worker need not look for work again.
    """

    __slots__ = ("clock", "closing", "forecast", "fresh", "giving", "held", "name", "plan", "rest", "up")

    def __init__(self, name: str, forecast: Forecast) -> None:
        """Begin with nothing to do."""
        self.name = name
        self.forecast = forecast
        self.held: list[int] = []
        self.fresh: dict[int, int] = {}
        self.plan: list[Chunk] = []
        self.up = 0
        self.clock = 0
        self.closing = False
        self.giving = ""
        self.rest = 0

    @property
    def starves(self) -> bool:
        """Tell whether the worker can't go on with what it holds."""
        return len(self.held) < PAIR and not self.closing

    def end(self, now: int, plan: Sequence[Chunk] | None = None) -> tuple[int, int]:
        """Return when all will have run, with ``plan`` in place of the line's own, and what is set up then.

        What runs longer than it should is taken to need as long again as it is late.
        """
        forecast = self.forecast
        moment = max(now, self.clock)
        if self.held:
            first, *others = [forecast.of(test) + forecast.weigh(self.fresh.get(test, 0)) for test in self.held]
            moment += sum(others) + (first if self.starves else abs(first - (moment - self.clock)))
        up = self.up
        for chunk in self.plan if plan is None else plan:
            needed = forecast.needs(chunk)
            moment += forecast.sum(chunk) + forecast.weigh(needed & ~up)
            up = forecast.left(up, needed, chunk[-1])
        return moment, up

    def add(self, tests: Chunk) -> None:
        """Add tests to the plan, beside others of their unit where there are any."""
        unit_of = self.forecast.unit_of
        for number, chunk in enumerate(self.plan):
            if unit_of[chunk[0]] == unit_of[tests[0]]:
                self.plan[number] = sorted(chunk + tests)
                return
        self.plan.append(tests)

    def take(self, now: int) -> list[int]:
        """Return the tests to send, and hold them from now on; none where the worker has enough."""
        forecast = self.forecast
        if self.closing or not self.plan:
            return []
        ahead = sum(map(forecast.of, self.held[1:]))
        if len(self.held) > PAIR and ahead > AHEAD // 2:
            return []
        if self.starves:
            self.clock = max(self.clock, now)
        sent: list[int] = []
        while self.plan:
            test = self.plan[0][0]
            if len(self.held) >= PAIR and ahead > AHEAD and (len(self.held) > PAIR or forecast.of(test) > SHORT):
                break
            del self.plan[0][0]
            if not self.plan[0]:
                del self.plan[0]
            ahead += forecast.of(test) if self.held else 0
            needed = forecast.needs((test,))
            if needed & ~self.up:
                self.fresh[test] = needed & ~self.up
            self.up = forecast.left(self.up, needed, test)
            self.held.append(test)
            sent.append(test)
        return sent

    def finish(self, test: int, time: int) -> None:
        """Hear that a test is done, after so many microseconds."""
        self.held.remove(test)
        self.clock += time
        self.forecast.learn(test, time, fresh=self.fresh.pop(test, 0) != 0)

    def give_back(self, tests: Iterable[int]) -> None:
        """Hear that the worker will not run tests after all."""
        gone = set(tests)
        self.fresh = {test: needed for test, needed in self.fresh.items() if test not in gone}
        self.held = [test for test in self.held if test not in gone]
        if self.held:
            self.up = self.forecast.left(self.up, 0, self.held[-1])
