"""Tests of ``juncture.recording.outcomes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from journals import TEST, closed, collected, fixture, opened, phase, phases, started

from juncture.recording.outcomes import (
    CollectRecord,
    CrashRecord,
    FixtureRecord,
    JunitSettings,
    PlannedRecord,
    RunRecord,
    read_run,
)

if TYPE_CHECKING:
    from juncture.recording.journal import Event


def run_of(*events: Event, **fields: Any) -> RunRecord:
    """Return the record of one worker's journal."""
    return read_run([[opened(**fields), *events, closed()]])


def collect(node: str, outcome: str = "failed", text: str = "boom") -> Event:
    """Return the event of something that could not be collected."""
    return {"event": "collect", "time": 100.5, "node": node, "outcome": outcome, "text": text}


def test_test_that_never_started_is_missing() -> None:
    """What was collected by anybody and run by nobody is named, sorted."""
    run = read_run(
        [
            [opened("gw0"), collected("c", "a", TEST), *phases("sp cp tp")],
            [opened("gw1"), collected("c", "a", TEST), closed()],
        ]
    )
    assert run.missing == ("a", "c")


def test_what_was_planned_is_known_with_its_group_and_fixtures() -> None:
    """A plan can be checked, or made, from what was collected."""
    run = run_of(collected("a", "b"))
    assert run.planned == {name: PlannedRecord(group=f"group of {name}", fixtures=("db",)) for name in ("a", "b")}


def test_processes_without_an_end_are_torn() -> None:
    """A worker or controller that never closed its journal was killed."""
    journals = [[opened("controller", role="controller")], [opened("gw1"), closed()], [opened("gw0"), started()]]
    run = read_run(journals)
    assert run.torn == ("controller", "gw0")
    assert [(worker.name, worker.closed, worker.wall, worker.began) for worker in run.workers] == [
        ("gw0", False, 1.0, 100.0),
        ("gw1", True, 3.5, 100.0),
    ]


def test_process_that_wrote_nothing_is_torn() -> None:
    """A journal without a whole line is a process that was killed at its birth, not none."""
    assert read_run([[], [opened(), closed()]]).torn == ("a process without a name",)


def test_closing_line_tells_exit_status_coverage_and_warnings() -> None:
    """What a process that was killed would have said is not known."""
    run = read_run(
        [
            [opened("gw0"), closed(exit=1, coverage=True, warnings=2)],
            [opened("gw1"), closed(exit=0, coverage=False, warnings=3)],
            [opened("gw2"), started()],
        ]
    )
    assert [(worker.exit, worker.measured) for worker in run.workers] == [(1, True), (0, False), (None, False)]
    assert run.warnings == 5


def test_controllers_tests_do_not_count_but_its_notes_do() -> None:
    """A controller repeats what its workers report."""
    run = read_run(
        [
            [opened("controller", role="controller"), {"event": "note", "text": "services db", "time": 1.0}, closed()],
            [opened("gw0"), *phases("sp cp tp"), closed()],
        ]
    )
    assert run.notes == ("services db",)
    assert [(test.nodeid, test.worker) for test in run.tests] == [(TEST, "gw0")]
    assert [worker.name for worker in run.workers] == ["gw0"]


def test_tests_are_sorted_by_node_id() -> None:
    """Whoever ran them, and in whatever order."""
    journals = [
        [opened("gw1"), started("b"), phase("teardown", "passed", "b"), closed()],
        [opened("gw0"), started("c"), phase("teardown", "passed", "c"), started("a"), closed()],
    ]
    assert [test.nodeid for test in read_run(journals).tests] == ["a", "b", "c"]


def test_shard_and_attempt_are_the_processes_own_words() -> None:
    """An unsharded run is the first attempt of shard 1 of 1."""
    run = run_of(shard=2, total=4, attempt=3)
    assert (run.shard, run.total, run.attempt) == (2, 4, 3)
    run = run_of()
    assert (run.shard, run.total, run.attempt) == (1, 1, 1)


def test_run_began_when_its_first_process_did() -> None:
    """The controller is a process of the run too."""
    journals = [[opened("gw0", time=99.0), closed()], [opened("controller", role="controller", time=98.0), closed()]]
    assert read_run(journals).began == 98.0


def test_what_every_worker_could_not_collect_is_told_once() -> None:
    """Each worker collects everything, and so meets the same errors."""
    events = [collect("tests/b.py"), collect("tests/a.py", "skipped")]
    run = read_run([[opened("gw0"), *events, closed()], [opened("gw1"), *events, closed()]])
    assert run.collects == (
        CollectRecord(nodeid="tests/a.py", outcome="skipped", text="boom"),
        CollectRecord(nodeid="tests/b.py", outcome="failed", text="boom"),
    )


def test_file_that_fails_twice_in_one_process_is_told_twice() -> None:
    """With doctests a file is collected as two things."""
    events = [collect("tests/a.py", text="one"), collect("tests/a.py", text="two")]
    run = read_run([[opened("gw0"), *events, closed()], [opened("gw1"), *events[:1]]])
    assert [record.text for record in run.collects] == ["one", "two"]
    assert run.errors == ("tests/a.py could not be collected",)


def test_errors_that_are_no_tests_are_sentences() -> None:
    """A collection error and an internal one are told; what was skipped as a whole is no error."""
    internal = {"event": "internal", "time": 1.0, "text": "Traceback ...\nRuntimeError: bad plugin\n"}
    run = run_of(collect("tests/a.py"), collect("tests/b.py", "skipped"), internal)
    assert run.errors == (
        "tests/a.py could not be collected",
        "pytest met an internal error: RuntimeError: bad plugin",
    )
    assert run.internal == (internal["text"],)


def test_reasons_for_a_stop_are_told_once() -> None:
    """Controller and workers may all say the same, when it happens or at their end."""
    run = read_run(
        [
            [opened("gw0"), {"event": "stopped", "time": 1.0, "reason": "Exit: enough"}, closed()],
            [opened("gw1"), closed(stopped="stopping after 1 failures")],
            [opened("gw2"), closed(stopped="stopping after 1 failures")],
        ]
    )
    assert run.stopped == ("Exit: enough", "stopping after 1 failures")


def test_fixtures_are_told_with_their_worker() -> None:
    """The same fixture is set up once in each worker that needs it."""
    run = read_run([[opened(name), fixture("db", "setup", 0.5), closed()] for name in ("gw0", "gw1")])
    assert [record.worker for record in run.fixtures] == ["gw0", "gw1"]
    assert run.fixtures[0] == FixtureRecord(
        name="db",
        scope="module",
        base="tests/test_a.py",
        phase="setup",
        seconds=0.5,
        ended=101.5,
        worker="gw0",
        test=TEST,
        during="setup",
    )


def test_properties_of_the_suite_are_told_once() -> None:
    """A session fixture says the same in each worker."""
    said = {"event": "property", "time": 1.0, "name": "ARCH", "value": "PPC"}
    run = read_run([[opened("gw0"), said, closed()], [opened("gw1"), said, said | {"value": "ARM"}, closed()]])
    assert run.properties == (("ARCH", "PPC"), ("ARCH", "ARM"))


def test_texts_of_warnings_are_told_once() -> None:
    """Each worker tells its own; all are counted."""
    said = {"event": "warning", "time": 1.0, "text": "a.py:1: UserWarning: x", "test": TEST}
    other = said | {"text": "a.py:2: UserWarning: y"}
    run = read_run([[opened("gw0"), said, closed(warnings=3)], [opened("gw1"), said, other, closed(warnings=2)]])
    assert (run.warnings, run.warned) == (5, ("a.py:1: UserWarning: x", "a.py:2: UserWarning: y"))


def test_crashed_workers_are_told_by_their_controller() -> None:
    """First why, then in which test, where one was in flight."""
    said = {"event": "crashed", "time": 1.0, "process": "gw1", "text": "Not properly terminated"}
    test = {"event": "crashed", "time": 1.0, "process": "gw1", "test": TEST}
    run = read_run([[opened("controller", role="controller"), said, said | {"process": "gw2"}, test, closed()]])
    assert run.crashes == (
        CrashRecord(worker="gw1", text="Not properly terminated", test=TEST),
        CrashRecord(worker="gw2", text="Not properly terminated"),
    )


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        ({}, JunitSettings()),
        (
            {"junit_logging": "all", "junit_log_passing_tests": False},
            JunitSettings(logging="all", log_passing_tests=False),
        ),
        ({"junit_duration_report": "call", "junit_prefix": "x"}, JunitSettings(duration_report="call", prefix="x")),
    ],
)
def test_junit_settings_are_those_of_the_run(said: dict[str, object], settings: JunitSettings) -> None:
    """Only what is not pytest's default is in the journal."""
    assert run_of(collected("a", **({"junit": said} if said else {}))).junit == settings


def test_no_journals_are_an_empty_run() -> None:
    """Nothing ran, and nothing is claimed."""
    assert read_run([]) == RunRecord(tests=(), workers=(), missing=(), torn=(), notes=())
