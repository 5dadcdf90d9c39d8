"""Tests of ``juncture.merging.timings``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from journals import TEST, closed, fixture, opened, phase, phases, started

from juncture.merging import timings
from juncture.merging.timings import timings_of
from juncture.recording.outcomes import RunRecord, read_run

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.recording.journal import Event


def run_of(*events: Event, worker: str = "gw0") -> RunRecord:
    """Return the record of one worker's journal."""
    return read_run([[opened(worker), *events, closed()]])


def seconds(*records: RunRecord) -> Any:
    """Return the seconds of the one test that all tests here know."""
    return timings_of(records)["tests"][TEST]


def test_each_phase_of_a_test_has_its_seconds() -> None:
    """A test that was skipped in its setup has no call."""
    assert seconds(run_of(*phases("sp cp tp"))) == {"setup": 0.25, "call": 0.25, "teardown": 0.25}
    assert seconds(run_of(*phases("ss tp"))) == {"setup": 0.25, "teardown": 0.25}


def test_shared_fixture_is_not_counted_in_the_test_that_needed_it_first() -> None:
    """Its seconds are its own, so that every second is counted once."""
    events = [
        started(),
        fixture("db", "setup", 3.0),
        phase("setup", "passed", seconds=3.5),
        fixture("late", "setup", 1.0, during="call"),
        phase("call", "passed", seconds=1.25),
        fixture("late", "teardown", 0.125),
        fixture("db", "teardown", 2.0),
        phase("teardown", "passed", seconds=2.25),
    ]
    found = timings_of([run_of(*events)])
    assert found["tests"][TEST] == {"setup": 0.5, "call": 0.25, "teardown": 0.125}
    every = [
        *found["tests"][TEST].values(),
        *(each[what] for each in found["fixtures"] for what in ("setup", "teardown")),
    ]
    assert sum(every) == 3.5 + 1.25 + 2.25


def test_fixture_outside_of_any_test_is_counted_in_none() -> None:
    """What is torn down when the session ends early belongs to the fixture alone."""
    events = [*phases("sp cp tp"), fixture("db", "teardown", 2.0, test="", during="")]
    assert seconds(run_of(*events)) == {"setup": 0.25, "call": 0.25, "teardown": 0.25}


def test_clocks_that_differ_a_little_give_no_negative_seconds() -> None:
    """A fixture that took all of a setup may seem to take a microsecond more."""
    events = [started(), fixture("db", "setup", 0.250001), *phases("sp cp tp")[1:]]
    assert seconds(run_of(*events))["setup"] == 0.0


def test_fixture_has_the_means_of_its_instances() -> None:
    """One is made in each worker, or for each parameter."""
    first = run_of(fixture("db", "setup", 1.0), fixture("db", "teardown", 0.5))
    second = run_of(fixture("db", "setup", 2.0), fixture("db", "teardown", 0.25), worker="gw1")
    assert timings_of([first, second])["fixtures"] == [
        {"base": "tests/test_a.py", "name": "db", "scope": "module", "setups": 2, "setup": 1.5, "teardown": 0.375}
    ]


def test_fixture_that_was_never_torn_down_has_no_teardown() -> None:
    """Its process was killed."""
    (found,) = timings_of([run_of(fixture("db", "setup", 1.0))])["fixtures"]
    assert (found["setup"], found["teardown"]) == (1.0, 0.0)


def test_fixtures_of_one_name_are_told_apart_by_what_defines_them() -> None:
    """Two conftests may each have a ``db``; sorted by where, then by name."""
    events = [fixture("db", "setup", 1.0, base=base) for base in ("tests/b", "tests/a", "")]
    found = timings_of([run_of(fixture("cache", "setup", 1.0, base="tests/a"), *events)])["fixtures"]
    assert [(each["base"], each["name"]) for each in found] == [
        ("", "db"),
        ("tests/a", "cache"),
        ("tests/a", "db"),
        ("tests/b", "db"),
    ]


def test_test_in_flight_has_no_timing() -> None:
    """Its seconds are not all there, and would make the next plan wrong."""
    assert timings_of([run_of(*phases("sp cp"))])["tests"] == {}


def test_longest_of_several_runs_counts() -> None:
    """Whatever the order in which the runs are read."""
    short, long = run_of(*phases("ss tp")), run_of(*phases("sp cp tp"))
    assert seconds(short, long) == seconds(long, short) == {"setup": 0.25, "call": 0.25, "teardown": 0.25}


def test_file_is_versioned_sorted_and_written_at_once(tmp_path: Path) -> None:
    """Equal runs give equal bytes, and nothing is left beside the file."""
    path = tmp_path / "timings.json"
    timings.write(path, [run_of(*phases("sp cp tp", "b"), *phases("sp cp tp", "a"))])
    assert [each.name for each in tmp_path.iterdir()] == ["timings.json"]
    written = json.loads(path.read_text())
    assert written["version"] == timings.VERSION
    assert list(written["tests"]) == ["a", "b"]
    before = path.read_bytes()
    timings.write(path, [run_of(*phases("sp cp tp", "a"), *phases("sp cp tp", "b"))])
    assert path.read_bytes() == before
