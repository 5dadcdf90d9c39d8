"""What the journals of one run say, test by test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.model import Outcome
    from juncture.recording.journal import Event

__all__ = ["RunRecord", "TestRecord", "WorkerRecord", "read_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord:
    """One test as its process saw it.

    ``seconds`` maps each phase that ended to its duration; ``text`` is the failure's, empty where there is none.
    """

    __test__ = False

    nodeid: str
    worker: str
    outcome: Outcome
    seconds: Mapping[str, float]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """One process that ran tests; ``wall`` is from its first event to its last, in seconds."""

    name: str
    pid: int
    closed: bool
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Everything the journals of one run say.

    ``missing`` are tests that were collected and never started, ``torn`` the processes that came to no orderly end (the
    controller too).
    """

    tests: tuple[TestRecord, ...]
    workers: tuple[WorkerRecord, ...]
    missing: tuple[str, ...]
    torn: tuple[str, ...]
    notes: tuple[str, ...]


def read_run(journals: Sequence[Sequence[Event]]) -> RunRecord:
    """Return the record of one run from its processes' events; tests are sorted by node id."""
    tests: list[TestRecord] = []
    workers: list[WorkerRecord] = []
    collected: set[str] = set()
    notes: list[str] = []
    torn: list[str] = []
    for events in journals:
        if not events:  # killed before its first line was whole
            torn.append("a process without a name")
            continue
        opened = events[0]
        worker = str(opened.get("worker", ""))
        for event in events:
            if event["event"] == "collected":
                collected.update(event["tests"])
            elif event["event"] == "note":
                notes.append(event["text"])
        closed = events[-1]["event"] == "closed"
        if not closed:
            torn.append(worker)
        if opened.get("role") == "controller":
            continue
        tests += _tests(worker, events)
        workers.append(
            WorkerRecord(
                name=worker,
                pid=opened["pid"],
                closed=closed,
                wall=events[-1]["time"] - opened["time"],
            )
        )
    missing = collected - {test.nodeid for test in tests}
    return RunRecord(
        tests=tuple(sorted(tests, key=lambda test: test.nodeid)),
        workers=tuple(sorted(workers, key=lambda worker: worker.name)),
        missing=tuple(sorted(missing)),
        torn=tuple(sorted(torn)),
        notes=tuple(notes),
    )


def _tests(worker: str, events: Iterable[Event]) -> list[TestRecord]:
    started: dict[str, list[Event]] = {}
    in_flight: set[str] = set()
    for event in events:
        if event["event"] == "started":
            started.setdefault(event["test"], [])
            in_flight.add(event["test"])
        elif event["event"] == "phase":
            started.setdefault(event["test"], []).append(event)
            (in_flight.discard if event["phase"] == "teardown" else in_flight.add)(event["test"])
    return [_test(nodeid, worker, phases, ended=nodeid not in in_flight) for nodeid, phases in started.items()]


def _test(nodeid: str, worker: str, phases: Sequence[Event], *, ended: bool) -> TestRecord:
    seconds: dict[str, float] = {}
    for phase in phases:
        seconds[phase["phase"]] = seconds.get(phase["phase"], 0.0) + phase["seconds"]
    text = "\n".join(phase["text"] for phase in phases if phase.get("text"))
    outcome = _outcome(phases)
    if not ended:
        outcome, text = "error", f"{worker} ended while this test ran"
    return TestRecord(nodeid=nodeid, worker=worker, outcome=outcome, seconds=seconds, text=text)


def _outcome(phases: Sequence[Event]) -> Outcome:
    outcome: Outcome = "passed"
    for phase in phases:
        match phase["phase"], phase["outcome"]:
            case "call", "failed":
                outcome = "failed"
            case _, "failed":
                outcome = "failed" if outcome == "failed" else "error"
            case _, "skipped" if outcome not in {"failed", "error"}:  # a fixture may skip after the test has failed
                outcome = "xfailed" if "xfail" in phase else "skipped"
            case "call", "passed" if "xfail" in phase:  # its reason may be empty
                outcome = "xpassed"
    return outcome
