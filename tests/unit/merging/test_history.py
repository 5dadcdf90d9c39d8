"""What the records of a run tell of times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from journals import TEST, closed, collected, fixture, opened, phase, phases, started

from juncture.errors import UsageError
from juncture.merging.history import observed, write_history
from juncture.recording.outcomes import RunRecord, read_run
from juncture.sharding.history import NO_HISTORY, FixtureKey
from juncture.sharding.history_document import parse_history

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.recording.journal import Event

DB = FixtureKey("tests/test_a.py", "db", "module", "", "tests/test_a.py")


def run_of(*events: Event, worker: str = "gw0", time: float = 100.0) -> RunRecord:
    """Return the record of one worker's journal."""
    return read_run([[opened(worker, time=time), *events, closed()]])


def test_time_of_a_test_is_that_of_its_phases() -> None:
    """Setup, call and teardown together, in microseconds."""
    found = observed(run_of(*phases("sp cp tp")))
    assert (found.trusted, found.doubtful, found.at) == ({TEST: 750_000}, {}, 100)


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
    found = observed(run_of(*events))
    assert found.trusted == {TEST: 875_000}
    assert found.setups == {DB: 3_000_000, DB._replace(name="late"): 1_000_000}
    every = [*found.trusted.values(), *found.setups.values(), *found.teardowns.values()]
    assert sum(every) == 1_000_000 * (3.5 + 1.25 + 2.25)


def test_clocks_that_differ_a_little_give_no_negative_time() -> None:
    """A fixture that took all of a setup may seem to take a microsecond more."""
    events = [started(), fixture("db", "setup", 0.250001), *phases("sp cp tp")[1:]]
    assert observed(run_of(*events)).trusted == {TEST: 500_000}


@pytest.mark.parametrize("text", ["sp cf tp", "sf tp", "ss tp", "sp c| tp sp cp tp", "sp cp tf"])
def test_failed_retried_and_skipped_tests_are_doubtful(text: str) -> None:
    """Their time is not that of a run that passes."""
    found = observed(run_of(*phases(text)))
    assert (found.trusted, list(found.doubtful), list(found.present)) == ({}, [TEST], [TEST])


def test_expected_failure_is_a_run_like_any() -> None:
    """It takes as long each time."""
    assert TEST in observed(run_of(*phases("sp csx tp"))).trusted


def test_test_in_flight_has_no_time() -> None:
    """Its seconds are not all there; but the suite has it."""
    found = observed(run_of(collected(TEST, "other"), *phases("sp cp")))
    assert (found.trusted, found.doubtful, sorted(found.present)) == ({}, {}, ["other", TEST])


def test_instances_in_several_workers_are_one() -> None:
    """What one costs is the mean; where the setup failed it tells nothing."""
    first = [opened("gw0"), fixture("db", "setup", 1.0), fixture("db", "teardown", 0.5), closed()]
    second = [opened("gw1"), fixture("db", "setup", 2.0), closed()]
    found = observed(read_run([first, second]))
    assert (found.setups, found.teardowns) == ({DB: 1_500_000}, {DB: 500_000})
    failed = observed(run_of(started(), fixture("db", "setup", 9.0), *phases("sf tp")[1:]))
    assert failed.setups == {}


def test_fixture_belongs_to_its_module_or_class() -> None:
    """Of a fixture that a conftest defines each module has an instance; a session's has no module."""
    test = "tests/test_b.py::TestC::test_it"
    events = [
        fixture("db", "setup", 1.0, base="tests", test=test),
        fixture("box", "setup", 1.0, base="tests", test=test, scope="class"),
        fixture("app", "setup", 1.0, base="", test=test, scope="session"),
        fixture("db", "teardown", 1.0, base="tests", test="", during=""),
    ]
    found = observed(run_of(*events))
    assert set(found.setups) == {
        FixtureKey("tests", "db", "module", "", "tests/test_b.py"),
        FixtureKey("tests", "box", "class", "", "tests/test_b.py::TestC"),
        FixtureKey("", "app", "session"),
    }
    assert found.teardowns == {}, "nobody can tell which module's it was"


def test_groups_and_fixtures_of_tests_are_known() -> None:
    """Only a mark's group is kept, and of the fixtures only what is expensive."""
    plain = {"id": "a.py::t", "group": "a.py", "fixtures": ["db", "unique"]}
    marked = {"id": "a.py::u", "group": "shared", "fixtures": []}
    events = [collected() | {"tests": [plain, marked]}, fixture("db", "setup", 1.0), fixture("unique", "setup", 0.0005)]
    assert observed(run_of(*events)).present == {"a.py::t": ("", ("db",)), "a.py::u": ("shared", ())}


def test_history_is_written_at_once(tmp_path: Path) -> None:
    """What was known stays, what was observed is added, and equal runs give equal bytes."""
    path = tmp_path / "history.json"
    old = write_history(path, NO_HISTORY, [run_of(*phases("sp cp tp", "b"))], complete=True)
    assert parse_history(path.read_text()) == old
    records = [run_of(*phases("sp cp tp", "a"), *phases("sp cf tp", "b"), time=200.0)]
    new = write_history(path, old, records, complete=True)
    assert (new.time_of("a"), new.time_of("b"), new.complete) == (750_000, 750_000, (100, 200))
    assert [each.name for each in tmp_path.iterdir()] == ["history.json"]
    before = path.read_bytes()
    write_history(path, new, records, complete=True)
    assert path.read_bytes() == before
    assert json.loads(before)["version"] == 1


def test_folder_has_to_be_there(tmp_path: Path) -> None:
    """What can't be written is told, and nothing is left behind."""
    with pytest.raises(UsageError, match="it can't be written"):
        write_history(tmp_path / "gone" / "history.json", NO_HISTORY, [], complete=True)
