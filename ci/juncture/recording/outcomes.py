"""What the journals of one run say, test by test."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from juncture.recording.attempts import Report, TestRecord, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.recording.journal import Event

__all__ = [
    "CollectRecord",
    "CrashRecord",
    "FixtureRecord",
    "JunitSettings",
    "PlannedRecord",
    "Report",
    "RunRecord",
    "TestRecord",
    "WorkerRecord",
    "read_run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """One process that ran tests; ``wall`` is from its first event to its last, in seconds.

    ``began`` is the time of the first one, in seconds since the epoch. ``exit`` is pytest's exit status, None where it
    never came to one. ``measured`` says that coverage data of this process is to be expected; a process that was killed
    before its closing line may have left some all the same.
    """

    name: str
    pid: int
    closed: bool
    wall: float
    exit: int | None = None
    measured: bool = False
    began: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecord:
    """What was known of a test when it was collected."""

    group: str
    fixtures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRecord:
    """A file or folder that could not be collected (``failed``), or was ``skipped`` as a whole."""

    nodeid: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixtureRecord:
    """One setup or teardown of a fixture of a wider scope than ``function``, without that of fixtures it asked for.

    ``base`` is the node id of what defines it, empty for a plugin. It was in the phase ``during`` of ``test``; both
    are empty where it was between two tests, or after the last. ``param`` is the number of its parameter, None without
    one. It was over at the time ``ended``, in seconds since the epoch.
    """

    name: str
    scope: str
    base: str
    phase: str
    seconds: float
    worker: str
    test: str = ""
    during: str = ""
    param: int | None = None
    ended: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashRecord:
    """A worker that crashed, as its controller saw it; ``test`` is what it ran, empty where it was between two."""

    worker: str
    text: str
    test: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitSettings:
    """Pytest's own settings of a JUnit file, as the run had them."""

    logging: str = "no"
    log_passing_tests: bool = True
    duration_report: str = "total"
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Everything the journals of one run say.

    ``missing`` are tests that were collected and never started, ``torn`` the processes that came to no orderly end (the
    controller too). ``internal`` are errors of pytest itself, ``stopped`` the reasons why the run was broken off,
    ``properties`` those of the whole suite, ``crashes`` what a controller saw of its workers. ``warnings`` counts all,
    ``warned`` has their texts, each once. ``cleaned`` has what each process counted of a database and how tests came to
    a clean one: tests and seconds by the way. ``narrowed`` says that not the whole suite was selected, ``rerun`` that
    tests of an earlier run ran again. ``began`` is the time of the first event, in seconds since the epoch.
    """

    tests: tuple[TestRecord, ...]
    workers: tuple[WorkerRecord, ...]
    missing: tuple[str, ...]
    torn: tuple[str, ...]
    notes: tuple[str, ...]
    shard: int = 1
    total: int = 1
    attempt: int = 1
    began: float = 0.0
    planned: Mapping[str, PlannedRecord] = field(default_factory=dict)
    collects: tuple[CollectRecord, ...] = ()
    fixtures: tuple[FixtureRecord, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    internal: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    warnings: int = 0
    warned: tuple[str, ...] = ()
    crashes: tuple[CrashRecord, ...] = ()
    cleaned: tuple[tuple[str, Mapping[str, list[float]]], ...] = ()
    narrowed: bool = False
    rerun: bool = False
    junit: JunitSettings = field(default_factory=JunitSettings)

    @property
    def errors(self) -> tuple[str, ...]:
        """Return a sentence for each error that is no test's: with any of them the run was not whole."""
        nodeids = dict.fromkeys(each.nodeid for each in self.collects if each.outcome == "failed")
        internal = [text.rstrip().rpartition("\n")[2] for text in self.internal]
        return (
            *(f"{nodeid} could not be collected" for nodeid in nodeids),
            *(f"pytest met an internal error: {line}" for line in internal),
        )


def read_run(journals: Sequence[Sequence[Event]]) -> RunRecord:
    """Return the record of one run from its processes' events; tests are sorted by node id."""
    tests: list[TestRecord] = []
    workers: list[WorkerRecord] = []
    torn: list[str] = []
    found: dict[str, list[Event]] = defaultdict(list)
    for events in journals:
        if not events:  # killed before its first line was whole
            torn.append("a process without a name")
            continue
        worker = str(events[0].get("worker", ""))
        if events[-1]["event"] != "closed":
            torn.append(worker)
        if events[0].get("role") != "controller":
            workers.append(_worker(worker, events))
            tests += runs_of(worker, events)
        for event in events:
            if event["event"] not in {"started", "phase"}:
                found[event["event"]].append({**event, "worker": worker})
    planned = {
        test["id"]: PlannedRecord(group=test["group"], fixtures=tuple(test["fixtures"]))
        for event in found["collected"]
        for test in event["tests"]
    }
    stopped = [event["reason"] for event in found["stopped"]]
    stopped += [event["stopped"] for event in found["closed"] if "stopped" in event]
    first = found["opened"][0] if found["opened"] else {}
    return RunRecord(
        tests=tuple(sorted(tests, key=lambda test: test.nodeid)),
        workers=tuple(sorted(workers, key=lambda worker: worker.name)),
        missing=tuple(sorted(planned.keys() - {test.nodeid for test in tests})),
        torn=tuple(sorted(torn)),
        notes=tuple(event["text"] for event in found["note"]),
        shard=first.get("shard", 1),
        total=first.get("total", 1),
        attempt=first.get("attempt", 1),
        began=min((event["time"] for event in found["opened"]), default=0.0),
        planned=planned,
        collects=tuple(_collects(found["collect"])),
        fixtures=tuple(map(_fixture, found["fixture"])),
        properties=tuple(dict.fromkeys((event["name"], event["value"]) for event in found["property"])),
        internal=tuple(event["text"] for event in found["internal"]),
        stopped=tuple(dict.fromkeys(stopped)),
        warnings=sum(event.get("warnings", 0) for event in found["closed"]),
        warned=tuple(dict.fromkeys(event["text"] for event in found["warning"])),
        crashes=tuple(_crashes(found["crashed"])),
        cleaned=tuple((event["service"], event["ways"]) for event in found["clean"]),
        narrowed=any(event.get("narrowed", False) for event in found["opened"]),
        rerun=bool(first.get("rerun", "")),
        junit=_junit(found["collected"]),
    )


def _worker(name: str, events: Sequence[Event]) -> WorkerRecord:
    first, last = events[0], events[-1]
    closed = last["event"] == "closed"
    return WorkerRecord(
        name=name,
        pid=first["pid"],
        closed=closed,
        wall=last["time"] - first["time"],
        exit=last.get("exit") if closed else None,
        measured=closed and last.get("coverage", False),
        began=first["time"],
    )


def _collects(events: Iterable[Event]) -> list[CollectRecord]:
    """Return what one worker met where several met the same; doctests may make one file fail twice in each."""
    found: dict[str, dict[str, list[CollectRecord]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        record = CollectRecord(nodeid=event["node"], outcome=event["outcome"], text=event["text"])
        found[record.nodeid][event["worker"]].append(record)
    return [record for nodeid in sorted(found) for record in max(found[nodeid].values(), key=len)]


def _crashes(events: Iterable[Event]) -> list[CrashRecord]:
    """Return one record for each worker that crashed: xdist says first why, then in which test."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for event in events:
        found[event["process"]] |= {name: event[name] for name in ("text", "test") if name in event}
    return [
        CrashRecord(worker=worker, text=more.get("text", ""), test=more.get("test", ""))
        for worker, more in found.items()
    ]


def _fixture(event: Event) -> FixtureRecord:
    names = ("name", "scope", "base", "phase", "seconds", "worker", "test", "during")
    return FixtureRecord(**{name: event[name] for name in names}, param=event.get("param"), ended=event["time"])


def _junit(events: Iterable[Event]) -> JunitSettings:
    found: dict[str, Any] = next((event["junit"] for event in events if "junit" in event), {})
    return JunitSettings(**{name.removeprefix("junit_"): value for name, value in found.items()})
