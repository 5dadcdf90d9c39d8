"""What became of each run of each test, from the events of the process that ran it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.model import Outcome
    from juncture.recording.journal import Event

__all__ = ["Report", "TestRecord", "runs_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How one phase, or one subtest in the phase ``call``, ended.

    ``outcome`` is pytest's: passed, failed, skipped, or rerun for a failure that was tried again. ``message`` is the
    reason in a few lines, ``text`` all of it, ``place`` the file and line of a skip. ``xfail`` is the reason of an
    expected failure, None where none was expected; ``subtest`` describes the subtest, None where it is none.
    """

    phase: str
    outcome: str
    message: str = ""
    text: str = ""
    place: str = ""
    xfail: str | None = None
    subtest: str | None = None
    log: str = ""
    out: str = ""
    err: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord:
    """One run of one test as its process saw it.

    ``seconds`` maps each phase that ended to its duration, all attempts together. ``text`` is the failure's, or the
    reason of a skip or an expected failure; empty where there is none. ``ended`` is False for a test that was in flight
    when its process ended. ``reports`` are those of the last attempt that say more than "passed", ``passes`` counts how
    often its call passed, subtests included. ``reruns`` are the failures of attempts that were tried again.
    ``began`` is the time of its first event, in seconds since the epoch.
    """

    __test__ = False

    nodeid: str
    worker: str
    outcome: Outcome
    seconds: Mapping[str, float]
    text: str = ""
    ended: bool = True
    reports: tuple[Report, ...] = ()
    passes: int = 0
    reruns: tuple[Report, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    began: float = 0.0


PHASES = ("setup", "call", "teardown")
"""In their order."""

PLAIN = ("event", "time", "test", "phase", "outcome", "seconds")
"""What every phase has; one that passed and has no more needs no report of its own."""

OPTIONAL = ("message", "text", "place", "xfail", "subtest", "log", "out", "err")


def runs_of(worker: str, events: Iterable[Event]) -> list[TestRecord]:
    """Return a record for each run of a test that a process's events tell of, in the order of their starts.

    A test that starts again is another run, unless its last one asked to be tried again, or a plugin kept its result.
    """
    runs: list[tuple[str, list[Event]]] = []
    current: dict[str, list[Event]] = {}
    stopped = ""
    for event in events:
        kind = event["event"]
        if kind in {"phase", "started", "attribute"}:
            nodeid = event["test"]
            if nodeid not in current or (kind == "started" and not _goes_on(current[nodeid])):
                current[nodeid] = []
                runs.append((nodeid, current[nodeid]))
            current[nodeid].append(event)
        elif kind == "stopped":
            stopped = event["reason"]
    return [_test(nodeid, worker, each, stopped) for nodeid, each in runs]


def _simply_passed(events: Sequence[Event]) -> bool:
    """Tell in a third of the time whether a test ran once and passed, with no more to say of it, as nearly all do."""
    if len(events) != 1 + len(PHASES) or events[0]["event"] != "started":
        return False
    for phase, event in zip(PHASES, events[1:], strict=True):
        if event.get("phase") != phase or event["outcome"] != "passed" or len(event) != len(PLAIN):
            return False
    return True


def _is_tried_again(events: Sequence[Event]) -> bool:
    """Tell whether a run is not over, as its last attempt failed and asked for another."""
    return any(event["outcome"] == "rerun" for event in _last_attempt(events))


def _goes_on(events: Sequence[Event]) -> bool:
    """Tell whether a test that starts again after these events is the same run.

    flaky tells nothing of a phase after which it tries again, setup or call, and says so nowhere. Of a run that is over
    something failed, was skipped, or both phases were told.
    """
    if _is_tried_again(events):
        return True
    start = max((number for number, event in enumerate(events) if event["event"] == "started"), default=0)
    told = {event["phase"]: event["outcome"] for event in events[start:] if event["event"] == "phase"}
    return "teardown" in told and not {"setup", "call"} <= told.keys() and set(told.values()) == {"passed"}


def _last_attempt(events: Iterable[Event]) -> list[Event]:
    """Return the phases from the last setup on: some plugins tell of each attempt's start, some do not."""
    last: list[Event] = []
    for event in events:
        if event["event"] == "phase":
            if event["phase"] == "setup":
                last = []
            last.append(event)
    return last


def _test(nodeid: str, worker: str, events: Sequence[Event], stopped: str) -> TestRecord:
    if _simply_passed(events):
        return TestRecord(
            nodeid=nodeid,
            worker=worker,
            outcome="passed",
            seconds={event["phase"]: event["seconds"] for event in events[1:]},
            passes=1,
            began=events[0]["time"],
        )
    last = _last_attempt(events)
    steps = [event for event in events if event["event"] != "attribute"]
    ended = steps[-1].get("phase") == "teardown" and not _is_tried_again(last)
    seconds: dict[str, float] = {}
    for event in steps:
        if event["event"] == "phase" and "subtest" not in event:
            seconds[event["phase"]] = seconds.get(event["phase"], 0.0) + event["seconds"]
    outcome = _outcome(last)
    reports = tuple(_report(event) for event in last if event["outcome"] != "passed" or len(event) > len(PLAIN))
    text = "\n".join(filter(None, (report.text or report.message or report.xfail for report in reports)))
    if not ended:
        outcome, text = "error", f"{worker} ended while this test ran"
        text += f": {stopped}" if stopped else ""
    elif outcome == "passed" and not any(event["phase"] == "call" for event in last):
        outcome, text = "error", "its body never ran: only fixtures were set up"
    return TestRecord(
        nodeid=nodeid,
        worker=worker,
        outcome=outcome,
        seconds=seconds,
        text=text,
        ended=ended,
        reports=reports,
        passes=sum(event["phase"] == "call" and event["outcome"] == "passed" for event in last),
        reruns=tuple(_report(event) for event in steps if event.get("outcome") == "rerun"),
        attributes={event["name"]: event["value"] for event in events if event["event"] == "attribute"},
        began=events[0]["time"],
    )


def _report(event: Event) -> Report:
    more = {name: event[name] for name in OPTIONAL if name in event}
    properties = tuple((name, value) for name, value in event.get("properties", ()))
    return Report(phase=event["phase"], outcome=event["outcome"], properties=properties, **more)


def _outcome(phases: Iterable[Event]) -> Outcome:
    outcome: Outcome = "passed"
    for phase in phases:
        if "subtest" in phase and phase["outcome"] != "failed":
            continue
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
