"""What tests cost, in whole microseconds: each its own time, and the shared fixtures that whoever runs it pays once.

A shard, or a worker in it, costs the sum of its tests' own times and of the fixtures that at least one of them needs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from juncture.errors import UsageError
from juncture.sharding.history import CHARGED, FixtureKey, History, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["LONGEST", "Costs", "PlannedTest", "Weigh", "bits", "costs_of", "fixture_costs"]

LONGEST = 1e9
"""Seconds; what claims to take longer (30 years) is damage, and microseconds of it stay exact integers."""

_PROCESS_WIDE = frozenset({"package", "session"})


class PlannedTest(NamedTuple):
    """One test to place: its node id, its group, and the shared fixtures that it is known to need.

    A ``pinned`` test comes from an ``xdist_group`` mark: its group is never divided.
    """

    nodeid: str
    group: str
    pinned: bool = False
    fixtures: tuple[FixtureKey, ...] = ()


class Weigh:
    """What a set of fixtures costs; sets are the bits of an integer."""

    def __init__(self, weights: Sequence[int]) -> None:
        """Take the microseconds of each fixture, by the number of its bit."""
        self.weights = weights
        self._known = {0: 0}

    def __call__(self, fixtures: int) -> int:
        """Return the microseconds of all fixtures in the set."""
        found = self._known.get(fixtures)
        if found is None:
            found = self._known[fixtures] = sum(self.weights[number] for number in bits(fixtures))
        return found


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of tests, by their position in the sorted suite.

    ``own`` is at least 1, so that tests without any known time are divided by their number. ``needs`` are sets of
    ``fixtures``, as bits; ``apart`` has those of which each parameter is an instance for the whole process. ``known``
    counts the tests whose own time was recorded.
    """

    own: Sequence[int]
    needs: Sequence[int]
    fixtures: Sequence[FixtureKey]
    weigh: Weigh
    apart: int
    known: int


def bits(numbers: int) -> Iterator[int]:
    """Yield the number of each bit that is set, from the lowest."""
    while numbers:
        lowest = numbers & -numbers
        yield lowest.bit_length() - 1
        numbers ^= lowest


def costs_of(tests: Sequence[PlannedTest], known: Mapping[str, float] | History) -> Costs:
    """Return what the tests cost, by what is ``known``: a history, or plain seconds by node id.

    A test without a time of its own gets the median of its group's others, else of its file's, else of all. Raise
    `UsageError` for seconds that are none.
    """
    times = _recorded(tests, known)
    charged = _charged(tests, known) if isinstance(known, History) and known.fixtures else {}
    fixtures = sorted(charged)
    number = {key: position for position, key in enumerate(fixtures)}
    apart = sum(1 << n for n, key in enumerate(fixtures) if key.param and key.scope in _PROCESS_WIDE)
    return Costs(
        own=_filled(tests, times),
        needs=_needs(tests, number) if charged else [0] * len(tests),
        fixtures=fixtures,
        weigh=Weigh([charged[key] for key in fixtures]),
        apart=apart,
        known=len(tests) - times.count(None),
    )


def fixture_costs(history: History, keys: Iterable[FixtureKey]) -> dict[FixtureKey, int]:
    """Return the microseconds of fixtures; one that is new in its place costs the median of its other instances."""
    of_others: dict[FixtureKey, list[int]] = defaultdict(list)
    for key, entry in history.fixtures.items():
        of_others[key._replace(of="")].append(entry.cost)
        of_others[key._replace(of="", param="")].append(entry.cost)
    found = {}
    for key in keys:
        known = history.fixtures.get(key)
        bare = key._replace(of="")
        others = of_others.get(bare) or of_others.get(bare._replace(param="")) or [0]
        found[key] = known.cost if known else _median(others)
    return found


def _recorded(tests: Sequence[PlannedTest], known: Mapping[str, float] | History) -> list[int | None]:
    if isinstance(known, History):
        return [known.time_of(test.nodeid) for test in tests] if known.tests else [None] * len(tests)
    times: list[int | None] = []
    for test in tests:
        seconds = known.get(test.nodeid)
        if seconds is not None and not 0 <= seconds <= LONGEST:
            raise UsageError(f"{seconds} is no duration in seconds", where=test.nodeid)
        times.append(None if seconds is None else microseconds(seconds))
    return times


def _filled(tests: Sequence[PlannedTest], times: Sequence[int | None]) -> list[int]:
    """Return each test's own time, with the narrowest median that is known for those without one."""
    if None not in times:
        return [time or 1 for time in times]
    by_group: dict[str, list[int]] = defaultdict(list)
    by_file: dict[str, list[int]] = defaultdict(list)
    everything = [time for time in times if time is not None]
    for test, time in zip(tests, times, strict=True):
        if time is not None:
            by_group[test.group].append(time)
            by_file[_file(test.nodeid)].append(time)
    of_group = {group: _median(found) for group, found in by_group.items()}
    of_file = {file: _median(found) for file, found in by_file.items()}
    of_all = _median(everything) if everything else 0
    return [
        (of_group.get(test.group, of_file.get(_file(test.nodeid), of_all)) if time is None else time) or 1
        for test, time in zip(tests, times, strict=True)
    ]


def _charged(tests: Iterable[PlannedTest], history: History) -> dict[FixtureKey, int]:
    needed = {key for fixtures in {test.fixtures for test in tests} for key in fixtures}
    return {key: cost for key, cost in fixture_costs(history, needed).items() if cost >= CHARGED}


def _needs(tests: Iterable[PlannedTest], number: Mapping[FixtureKey, int]) -> list[int]:
    sets: dict[tuple[FixtureKey, ...], int] = {}
    found = []
    for test in tests:
        needs = sets.get(test.fixtures)
        if needs is None:
            needs = sets[test.fixtures] = sum(1 << number[key] for key in {*test.fixtures} & number.keys())
        found.append(needs)
    return found


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _median(times: Iterable[int]) -> int:
    """Return the lower of the two middle ones: a mean of both would not be an integer."""
    ordered = sorted(times)
    return ordered[(len(ordered) - 1) // 2]
