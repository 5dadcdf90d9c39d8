"""Write what each test and each shared fixture cost."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from juncture.recording.outcomes import FixtureRecord, RunRecord

__all__ = ["VERSION", "timings_of", "write"]

VERSION = 1


def write(path: Path, records: Iterable[RunRecord]) -> None:
    """Write `timings_of` the records as JSON, sorted, in one step."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        unfinished.write_text(json.dumps(timings_of(records), indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def timings_of(records: Iterable[RunRecord]) -> dict[str, Any]:
    """Return the seconds of each test by phase, and of each fixture of a wider scope than ``function``.

    Every second is counted once: what a shared fixture took is under ``fixtures``, not in the test that happened to
    need it first or to end it. Tests that did not end are left out; of several runs of one test the longest counts.
    A fixture's ``setup`` and ``teardown`` are the means of ``setups`` instances.
    """
    tests: dict[str, dict[str, float]] = {}
    fixtures: dict[tuple[str, str, str], list[FixtureRecord]] = defaultdict(list)
    for record in records:
        shared = _shared(record.fixtures)
        for fixture in record.fixtures:
            fixtures[fixture.base, fixture.name, fixture.scope].append(fixture)
        for test in record.tests:
            if not test.ended:
                continue
            seconds = {
                phase: round(max(0.0, taken - shared.get((test.worker, test.nodeid, phase), 0.0)), 6)
                for phase, taken in test.seconds.items()
            }
            if sum(seconds.values()) >= sum(tests.get(test.nodeid, {}).values()):
                tests[test.nodeid] = seconds
    return {
        "version": VERSION,
        "tests": {nodeid: tests[nodeid] for nodeid in sorted(tests)},
        "fixtures": [_fixture(base, name, scope, found) for (base, name, scope), found in sorted(fixtures.items())],
    }


def _shared(fixtures: Sequence[FixtureRecord]) -> dict[tuple[str, str, str], float]:
    """Return the seconds of shared fixtures within each phase of each test, by worker, test and phase."""
    seconds: dict[tuple[str, str, str], float] = defaultdict(float)
    for fixture in fixtures:
        if fixture.test:
            seconds[fixture.worker, fixture.test, fixture.during] += fixture.seconds
    return seconds


def _fixture(base: str, name: str, scope: str, found: Sequence[FixtureRecord]) -> dict[str, Any]:
    setups = [fixture.seconds for fixture in found if fixture.phase == "setup"]
    teardowns = [fixture.seconds for fixture in found if fixture.phase == "teardown"]
    return {
        "base": base,
        "name": name,
        "scope": scope,
        "setups": len(setups),
        "setup": _mean(setups),
        "teardown": _mean(teardowns),
    }


def _mean(seconds: Sequence[float]) -> float:
    return round(sum(seconds) / len(seconds), 6) if seconds else 0.0
