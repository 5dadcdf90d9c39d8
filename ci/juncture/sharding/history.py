"""What earlier runs took: samples per test and per shared fixture, and how a run's observations change them.

Pure: values in, values out. All times are whole microseconds, so that equal histories give equal plans everywhere; the
moments of runs are whole seconds since the epoch and only order them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "CHARGED",
    "COMPLETE_RUNS",
    "NO_HISTORY",
    "SAMPLES",
    "FixtureKey",
    "History",
    "KnownFixture",
    "KnownTest",
    "Observation",
    "history_of_seconds",
    "kept",
    "merge_histories",
    "microseconds",
    "not_seen_for",
    "p85",
    "timed",
    "updated",
    "weighted",
]

SAMPLES = 8
"""How many of the newest times are kept of each test and fixture, for the times that 85 % of the runs keep."""

COMPLETE_RUNS = 10
"""An entry that so many runs of the whole suite went without is dead."""

CHARGED = 1000
"""Microseconds; a fixture that costs less is noise, and not worth a thought."""

_MICRO = 1_000_000


class FixtureKey(NamedTuple):
    """A shared fixture: what defines it (``base``, the node id), and which instance of it.

    ``param`` is the number of its parameter as text, empty without one. ``of`` is what the instance belongs to: the
    node id of a module or class, empty for the scopes ``package`` and ``session``, with one instance a process.
    """

    base: str
    name: str
    scope: str
    param: str = ""
    of: str = ""


class KnownTest(NamedTuple):
    """What is known of one test.

    ``mean`` and ``recent`` are of passing runs, newest last; ``doubtful`` is what a failed, retried or skipped run
    took, kept only while nothing better is known. ``seen`` is the newest run that had the test. ``uses`` names the
    shared fixtures that it is known to need, and ``group`` its ``xdist_group``, where it has one.
    """

    seen: int
    mean: int | None = None
    recent: Sequence[int] = ()
    doubtful: int | None = None
    group: str = ""
    uses: Sequence[str] = ()


class KnownFixture(NamedTuple):
    """What is known of one instance of a shared fixture: the mean times, and those of recent setups, newest last."""

    seen: int
    setup: int = 0
    teardown: int = 0
    recent: Sequence[int] = ()

    @property
    def cost(self) -> int:
        """Setup and teardown together, in microseconds."""
        return self.setup + self.teardown


@dataclass(frozen=True, slots=True)
class History:
    """What earlier runs took; ``complete`` are the newest runs of the whole suite, by which dead entries age out.

    ``digest`` names the text that it was read from, empty where it was made otherwise.
    """

    tests: Mapping[str, KnownTest] = field(default_factory=lambda: MappingProxyType({}))
    fixtures: Mapping[FixtureKey, KnownFixture] = field(default_factory=lambda: MappingProxyType({}))
    complete: tuple[int, ...] = ()
    digest: str = field(default="", compare=False)

    def time_of(self, nodeid: str) -> int | None:
        """Return what a test takes, in microseconds; None where nothing is known."""
        entry = self.tests.get(nodeid)
        if entry is None:
            return None
        return entry.doubtful if entry.mean is None else entry.mean


NO_HISTORY = History()
"""Nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one shard of a run tells, at the moment ``at``; times in microseconds.

    ``trusted`` and ``doubtful`` map node ids to own times: of tests that passed at once, and of others. ``present``
    maps all tests that the run had, whatever became of them, to their ``xdist_group`` and the fixtures they use.
    """

    at: int
    trusted: Mapping[str, int]
    doubtful: Mapping[str, int]
    present: Mapping[str, tuple[str, tuple[str, ...]]]
    setups: Mapping[FixtureKey, int]
    teardowns: Mapping[FixtureKey, int]


def updated(history: History, observations: Iterable[Observation], *, complete: bool) -> History:
    """Return the history with what a run's shards observed.

    ``complete`` says that the whole suite ran: only such runs let entries age, and only where they had at least half of
    the tests that are known, so that a narrowed run which looks complete drops nothing. To tell the same twice changes
    nothing.
    """
    told = sorted(observations, key=lambda each: each.at)
    tests = dict(history.tests)
    fixtures = dict(history.fixtures)
    for each in told:
        for nodeid, (group, uses) in each.present.items():
            tests[nodeid] = _test(tests.get(nodeid), each, nodeid, group, uses)
        for key in each.setups.keys() | each.teardowns.keys():
            fixtures[key] = _fixture(fixtures.get(key), each, key)
    present = {nodeid for each in told for nodeid in each.present}
    known = history.tests.keys()
    runs = set(history.complete)
    if complete and told and 2 * len(known & present) >= len(known):
        runs.add(told[-1].at)
    return _aged(tests, fixtures, runs)


def merge_histories(one: History, other: History) -> History:
    """Return what two histories know together; order and repetition do not matter.

    Of two entries for one test the one that was seen last counts, as it mostly comes from the other.
    """
    tests = dict(one.tests)
    for nodeid, entry in other.tests.items():
        tests[nodeid] = max(tests.get(nodeid, entry), entry, key=_age_of_test)
    fixtures = dict(one.fixtures)
    for key, found in other.fixtures.items():
        fixtures[key] = max(fixtures.get(key, found), found, key=_age_of_fixture)
    return _aged(tests, fixtures, {*one.complete, *other.complete})


def kept(history: History, nodeids: Iterable[str]) -> History:
    """Return the history of these tests alone; fixtures stay, as nobody can tell whose they are."""
    wanted = set(nodeids)
    tests = {nodeid: entry for nodeid, entry in history.tests.items() if nodeid in wanted}
    return History(tests, history.fixtures, history.complete)


def not_seen_for(history: History, runs: int) -> History:
    """Return the history without the entries that the newest ``runs`` runs of the whole suite all went without."""
    oldest = history.complete[-runs] if len(history.complete) >= runs else 0
    tests = {nodeid: entry for nodeid, entry in history.tests.items() if entry.seen >= oldest}
    fixtures = {key: entry for key, entry in history.fixtures.items() if entry.seen >= oldest}
    return History(tests, fixtures, history.complete)


def history_of_seconds(seconds: Mapping[str, float]) -> History:
    """Return the history that plain durations make, such as pytest-split's."""
    return History(tests={nodeid: timed(microseconds(seconds[nodeid])) for nodeid in sorted(seconds)})


def timed(time: int) -> KnownTest:
    """Return what is known of a test from one time alone, older than whatever was observed."""
    return KnownTest(0, time, (time,))


def microseconds(seconds: float) -> int:
    """Return seconds as whole microseconds."""
    return round(seconds * _MICRO)


def weighted(mean: int | None, sample: int) -> int:
    """Return the exponentially weighted mean after one more time: a quarter of the way from the old one to it.

    In integers, as floats may differ between machines; the first time is its own mean.
    """
    return sample if mean is None else (3 * mean + sample + 2) // 4


def p85(recent: Sequence[int]) -> int:
    """Return the time that 85 % of the kept runs do not exceed, by nearest rank; 0 of none."""
    return sorted(recent)[-(-85 * len(recent) // 100) - 1] if recent else 0


def _test(old: KnownTest | None, run: Observation, nodeid: str, group: str, uses: tuple[str, ...]) -> KnownTest:
    if old is not None and old.seen >= run.at:
        return old  # this run was told before
    _, mean, recent, doubtful, _, _ = old or KnownTest(0)
    if nodeid in run.trusted:
        time = run.trusted[nodeid]
        return KnownTest(run.at, weighted(mean, time), (*recent, time)[-SAMPLES:], None, group, uses)
    if mean is None:
        doubtful = run.doubtful.get(nodeid, doubtful)
    return KnownTest(run.at, mean, recent, doubtful, group, uses)


def _fixture(old: KnownFixture | None, run: Observation, key: FixtureKey) -> KnownFixture:
    if old is not None and old.seen >= run.at:
        return old
    _, setup, teardown, recent = old or KnownFixture(0)
    if key in run.setups:
        setup, recent = weighted(setup or None, run.setups[key]), (*recent, run.setups[key])[-SAMPLES:]
    if key in run.teardowns:  # a killed process leaves none
        teardown = weighted(teardown or None, run.teardowns[key])
    return KnownFixture(run.at, setup, teardown, recent)


def _aged(tests: Mapping[str, KnownTest], fixtures: Mapping[FixtureKey, KnownFixture], runs: set[int]) -> History:
    """Return a history, sorted, without the entries that the newest complete runs all went without."""
    complete = tuple(sorted(runs)[-COMPLETE_RUNS:])
    ordered = History(
        {nodeid: tests[nodeid] for nodeid in sorted(tests)}, {key: fixtures[key] for key in sorted(fixtures)}, complete
    )
    return not_seen_for(ordered, COMPLETE_RUNS)


def _age_of_test(entry: KnownTest) -> tuple[object, ...]:
    """Order entries of one test: the one seen last is the greatest, and where that is equal any order will do."""
    mean, doubtful = (-1 if each is None else each for each in (entry.mean, entry.doubtful))
    return (entry.seen, mean, tuple(entry.recent), doubtful, entry.group, tuple(entry.uses))


def _age_of_fixture(entry: KnownFixture) -> tuple[object, ...]:
    return (*entry[:3], tuple(entry.recent))
