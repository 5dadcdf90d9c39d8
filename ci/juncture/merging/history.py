"""Take from the records of a run what each test and each shared fixture cost, and write the history with it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from juncture.sharding.files import replace_text
from juncture.sharding.groups import group_of
from juncture.sharding.history import CHARGED, FixtureKey, History, Observation, microseconds, updated
from juncture.sharding.history_document import history_to_json
from juncture.sharding.needs import instance_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from juncture.recording.outcomes import FixtureRecord, RunRecord, TestRecord

__all__ = ["observed", "write_history"]

_TRUSTED = frozenset({"passed", "xfailed", "xpassed"})


def write_history(path: Path, old: History, records: Iterable[RunRecord], *, complete: bool) -> History:
    """Write the ``old`` history with what a run's shards observed, in one step; return it.

    ``complete`` says that the whole suite ran: no test was left out, and none is missing.
    """
    history = updated(old, map(observed, records), complete=complete)
    replace_text(path, history_to_json(history))
    return history


def observed(record: RunRecord) -> Observation:
    """Return what one shard's record tells of times.

    Every second is counted once: what a shared fixture took is the fixture's, and not that of the test that happened to
    need it first or to end it. A test that did not end tells nothing of its time.
    """
    shared = _shared(record.fixtures)
    trusted: dict[str, int] = {}
    doubtful: dict[str, int] = {}
    for test in record.tests:
        if test.ended:
            known = trusted if test.outcome in _TRUSTED and not test.reruns else doubtful
            known[test.nodeid] = max(known.get(test.nodeid, 0), _own(test, shared))
    outcomes = {test.nodeid: test.outcome for test in record.tests}
    times: dict[str, dict[FixtureKey, list[int]]] = {"setup": defaultdict(list), "teardown": defaultdict(list)}
    for fixture in record.fixtures:
        key = _key(fixture)
        failed = fixture.during == fixture.phase == "setup" and outcomes.get(fixture.test) == "error"
        if key and not failed:
            times[fixture.phase][key].append(microseconds(fixture.seconds))
    setups, teardowns = ({key: sum(each) // len(each) for key, each in found.items()} for found in times.values())
    names = {key.name for known in (setups, teardowns) for key, time in known.items() if time >= CHARGED}
    return Observation(
        at=int(record.began),
        trusted=trusted,
        doubtful=doubtful,
        present=_present(record, names),
        setups=setups,
        teardowns=teardowns,
    )


def _present(record: RunRecord, names: set[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, tuple[str, ...]]] = {test.nodeid: ("", ()) for test in record.tests}
    kept: dict[tuple[str, ...], tuple[str, ...]] = {}
    for nodeid, planned in record.planned.items():
        uses = kept.get(planned.fixtures)
        if uses is None:
            uses = kept[planned.fixtures] = tuple(name for name in planned.fixtures if name in names)
        found[nodeid] = ("" if planned.group == group_of(nodeid) else planned.group, uses)
    return found


def _own(test: TestRecord, shared: Mapping[tuple[str, str, str], float]) -> int:
    """Return a test's time without that of shared fixtures; clocks that differ a little give no negative one."""
    phases = test.seconds.items()
    return sum(
        microseconds(max(0.0, seconds - shared.get((test.worker, test.nodeid, phase), 0.0)))
        for phase, seconds in phases
    )


def _shared(fixtures: Sequence[FixtureRecord]) -> dict[tuple[str, str, str], float]:
    """Return the seconds of shared fixtures within each phase of each test, by worker, test and phase."""
    seconds: dict[tuple[str, str, str], float] = defaultdict(float)
    for fixture in fixtures:
        if fixture.test:
            seconds[fixture.worker, fixture.test, fixture.during] += fixture.seconds
    return seconds


def _key(fixture: FixtureRecord) -> FixtureKey | None:
    """Return which instance it is; None where nobody can tell, as it was outside of any test."""
    if not fixture.test and fixture.scope in {"module", "class"}:
        return None
    of = instance_of(fixture.scope, fixture.test, group_of(fixture.test)) if fixture.test else ""
    param = "" if fixture.param is None else str(fixture.param)
    return FixtureKey(fixture.base, fixture.name, fixture.scope, param, of)
