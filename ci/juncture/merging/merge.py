"""Read bundles, prove that they are complete, and write one result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import IncompleteError, UsageError
from juncture.merging import coverage
from juncture.recording.journal import read
from juncture.recording.outcomes import RunRecord, read_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """One suite's merged result. ``problems`` say what is missing or torn; with any of them the result is red."""

    suite: str
    record: RunRecord
    coverage: coverage.Measured | None
    problems: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether a test failed."""
        return any(test.outcome in {"failed", "error"} for test in self.record.tests)


def merge(out: Path, expect: Mapping[str, int], bundles: Sequence[Path]) -> list[Merged]:
    """Merge bundles into ``out`` and return one result per expected suite.

    Raise `UsageError` where nothing is expected, `IncompleteError` where a bundle can't be read at all.
    """
    if not expect:
        raise UsageError("say what must be there", hint="for example --expect integration=1")
    out.mkdir(parents=True, exist_ok=True)
    by_suite: dict[str, list[Path]] = {suite: [] for suite in expect}
    for bundle in bundles:
        suite = _suite(bundle)
        if suite not in by_suite:
            raise UsageError(f"it is of the suite {suite!r}, which is not expected", where=str(bundle))
        by_suite[suite].append(bundle)
    return [_merge_suite(out, suite, expect[suite], found) for suite, found in by_suite.items()]


def _merge_suite(out: Path, suite: str, expected: int, bundles: Sequence[Path]) -> Merged:
    problems = []
    if len(bundles) != expected:
        problems.append(f"{len(bundles)} of {expected} bundles are here")
    journals = [read(path) for bundle in bundles for path in sorted(bundle.glob("journal-*.jsonl"))]
    record = read_run(journals)
    measured = None
    settings = next((path for bundle in bundles if (path := bundle / "coverage.ini").exists()), None)
    if settings:
        measured = coverage.combine([bundle / "coverage" for bundle in bundles], out, settings)
        there = {pid for bundle in bundles for pid in coverage.processes(bundle / "coverage")}
        problems += [
            f"{worker.name} left no coverage data"
            for worker in record.workers
            if worker.closed and worker.pid not in there
        ]
    problems += [f"{name} came to no orderly end" for name in record.torn]
    problems += [f"{nodeid} never ran" for nodeid in record.missing]
    if not record.workers:
        problems.append("no process recorded anything")
    return Merged(suite=suite, record=record, coverage=measured, problems=tuple(problems))


def _suite(bundle: Path) -> str:
    for path in sorted(bundle.glob("journal-*.jsonl")):
        events = read(path)
        if events:
            return str(events[0].get("suite", ""))
    raise IncompleteError("it holds no journal", where=str(bundle), hint="did the job that made it start at all?")
