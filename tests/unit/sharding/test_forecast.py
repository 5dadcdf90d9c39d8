"""Forecasts: what earlier runs say counts, and where there were none, what is seen."""

from __future__ import annotations

from juncture.sharding.costs import PlannedTest
from juncture.sharding.forecast import Forecast
from juncture.sharding.history import NO_HISTORY
from juncture.sharding.work import FILE, TEST, Work, work_of

KNOWN = Work(
    own=(10, 20, 30),
    needs=(1, 3, 0),
    weights=(100, 1000),
    narrow=1,
    units=((0, 1), (2,)),
    pinned=frozenset(),
    known=True,
)


def unknown(*files: str) -> Forecast:
    """Return the forecast of tests in these files, of which nothing is known."""
    return Forecast(work_of([PlannedTest(f"{file}::test_{n}", file) for n, file in enumerate(files)], NO_HISTORY))


def test_known_costs_are_added_up() -> None:
    """Tests and fixtures, each fixture once."""
    forecast = Forecast(KNOWN)
    assert forecast.sum((0, 2)) == 40
    assert forecast.weigh(forecast.needs((0, 1, 2))) == 1100


def test_known_costs_are_not_learned() -> None:
    """One run does not outweigh the earlier ones while it goes on."""
    forecast = Forecast(KNOWN)
    forecast.learn(0, 5000, fresh=False)
    assert forecast.of(0) == 10


def test_narrow_fixtures_go_with_the_last_test_that_needs_them() -> None:
    """The wide one, of bit 1, stays."""
    forecast = Forecast(KNOWN)
    assert forecast.left(0, 3, 0) == 3
    assert forecast.left(3, 0, 2) == 2


def test_guesses_give_way_to_what_is_seen_in_the_unit() -> None:
    """The mean of its tests, but for the first, which had fixtures to set up; elsewhere that of all."""
    forecast = unknown("a.py", "a.py", "a.py", "a.py", "b.py")
    assert forecast.of(3) == TEST
    forecast.learn(0, 900_000, fresh=True)
    forecast.learn(1, 10_000, fresh=False)
    forecast.learn(2, 30_000, fresh=False)
    assert forecast.of(3) == forecast.of(4) == 20_000


def test_what_the_first_test_took_longer_is_the_fixtures() -> None:
    """It is what setting them up again would cost, and the best guess for files that did not begin."""
    forecast = unknown("a.py", "a.py", "b.py", "b.py")
    assert forecast.weigh(forecast.needs((0,))) == FILE
    forecast.learn(0, 900_000, fresh=True)
    forecast.learn(1, 10_000, fresh=False)
    assert forecast.weigh(forecast.needs((0,))) == 890_000
    assert forecast.weigh(forecast.needs((2, 3))) == 890_000


def test_the_only_test_of_a_file_is_no_fixture() -> None:
    """Nobody could tell them apart, and it will not be parted anyway."""
    forecast = unknown("a.py", "b.py")
    forecast.learn(0, 50_000, fresh=True)
    assert forecast.of(1) == 50_000
