"""Bundles and suites as values, for tests of what a merge makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.merging.values import Arrived, Suite
from juncture.recording.manifest import Manifest
from juncture.recording.outcomes import Report, RunRecord, TestRecord, WorkerRecord

if TYPE_CHECKING:
    from juncture.model import Outcome

__all__ = ["arrived", "manifest", "ran", "recorded", "suite_of"]


def manifest(**fields: Any) -> Manifest:
    """Return the manifest of the only shard of ``integration``."""
    return Manifest(**{"suite": "integration", "shard": 1, "total": 1, "attempt": 1, **fields})


def ran(nodeid: str, outcome: Outcome = "passed", **fields: Any) -> TestRecord:
    """Return a test that took a second on gw0, with the report of its failure where it failed."""
    bad = outcome in {"failed", "error"}
    reports = (Report(phase="call", outcome="failed", message="m", text="t"),) if bad else ()
    known: dict[str, Any] = {"worker": "gw0", "seconds": {"call": 1.0}, "reports": reports, "passes": int(not bad)}
    return TestRecord(nodeid=nodeid, outcome=outcome, **{**known, **fields})


def recorded(*tests: TestRecord, workers: int = 1, **fields: Any) -> RunRecord:
    """Return a run of these tests that took two seconds, on so many workers with the process ids from 7 on."""
    found = tuple(WorkerRecord(name=f"gw{at}", pid=7 + at, closed=True, wall=2.0) for at in range(workers))
    known: dict[str, Any] = {"missing": (), "torn": (), "notes": (), "began": 1_700_000_000.25}
    return RunRecord(tests=tests, workers=found, **{**known, **fields})


def arrived(record: RunRecord, **fields: Any) -> Arrived:
    """Return a whole bundle in which nothing was measured; ``fields`` are those of `Arrived` and of its manifest."""
    known: dict[str, Any] = {"unsealed": "", "damage": (), "plan": None, "measured": None, "exit": 0}
    own = {name: fields.pop(name) for name in ("name", *known) if name in fields}
    described = manifest(**{"shard": record.shard, "total": record.total, "attempt": record.attempt, **fields})
    name = own.pop("name", f"shard-{described.shard}")
    return Arrived(name=name, folder=Path("bundle"), manifest=described, record=record, **{**known, **own})


def suite_of(*records: RunRecord, **fields: Any) -> Suite:
    """Return the suite that runs make together."""
    shards = tuple(arrived(record) for record in records)
    tests = sorted((test for record in records for test in record.tests), key=lambda test: test.nodeid)
    known: dict[str, Any] = {"name": "integration", "expected": len(shards), "problems": ()}
    return Suite(shards=shards, tests=tuple(tests), **{**known, **fields})
