"""Read bundles, prove that they are complete, and write one result."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import IncompleteError, JunctureError, UsageError
from juncture.merging import coverage, junit, timings
from juncture.merging.points import PointCoverage, measure_points
from juncture.merging.proof import Arrived, Problem, newest, prove, prove_commits
from juncture.recording.bundle import PLAN, Manifest, damage, events_of, manifest_of
from juncture.recording.outcomes import TestRecord, read_run
from juncture.sharding.files import read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from juncture.config import Config
    from juncture.sharding import Plan

__all__ = ["INTEGRATION", "Merged", "Suite", "merge"]

INTEGRATION = "integration"
"""The suite, and coverage's static context, that integration points are measured by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite's result: the newest attempt of each shard that arrived, in the order of the shards."""

    name: str
    expected: int
    shards: tuple[Arrived, ...]
    problems: tuple[Problem, ...]

    @property
    def tests(self) -> list[TestRecord]:
        """Return the tests of all shards, sorted by node id."""
        return sorted((test for shard in self.shards for test in shard.record.tests), key=lambda test: test.nodeid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The whole result. With any problem it is red, whatever the tests say."""

    suites: tuple[Suite, ...]
    problems: tuple[Problem, ...]
    coverage: coverage.Measured | None
    points: tuple[PointCoverage, ...]

    @property
    def all_problems(self) -> list[Problem]:
        """Return the problems of the suites and those between them."""
        return [*(problem for suite in self.suites for problem in suite.problems), *self.problems]

    @property
    def failed(self) -> bool:
        """Tell whether a test failed."""
        return any(test.outcome in {"failed", "error"} for suite in self.suites for test in suite.tests)


def merge(out: Path, expect: Mapping[str, int], bundles: Sequence[Path], config: Config | None = None) -> Merged:
    """Merge bundles into ``out`` and return the result, complete or not.

    ``expect`` says how many shards of which suite must be there; ``config`` is the declaration whose integration points
    are looked at. Raise `UsageError` where nothing is expected, or a bundle is of a suite that is not.
    """
    if not expect:
        raise UsageError("say what must be there", hint="for example --expect integration=4")
    by_suite: dict[str, list[Arrived]] = {suite: [] for suite in expect}
    unreadable: list[Problem] = []
    for folder in bundles:
        try:
            arrived = _arrive(folder)
        except IncompleteError as error:
            unreadable.append(Problem(code="nothing-recorded", text=str(error).partition("\n")[0]))
            continue
        if arrived.manifest.suite not in by_suite:
            raise UsageError(
                f"it is of the suite {arrived.manifest.suite!r}, which is not expected",
                where=str(folder),
                hint=f"expected: {', '.join(f'{suite}={number}' for suite, number in expect.items())}",
            )
        by_suite[arrived.manifest.suite].append(arrived)
    out.mkdir(parents=True, exist_ok=True)
    suites = tuple(_suite(name, expect[name], found) for name, found in by_suite.items())
    folders = [folder for folder in bundles if (folder / "coverage.ini").exists()]
    settings = folders[0] / "coverage.ini" if folders else None
    measured = coverage.combine([folder / "coverage" for folder in folders], out, settings) if settings else None
    points: list[PointCoverage] = []
    if config and measured:
        executed = coverage.executed_by(measured, INTEGRATION, config.root)
        points = measure_points(config, lambda name: executed.get(name, frozenset()))
    merged = Merged(
        suites=suites,
        problems=(*unreadable, *prove_commits(each for suite in suites for each in suite.shards)),
        coverage=measured,
        points=tuple(points),
    )
    _write(out, merged)
    return merged


def _arrive(folder: Path) -> Arrived:
    """Read one bundle. Raise `IncompleteError` where not even its journals tell what it is of."""
    events = events_of(folder)
    opened = next((journal[0] for journal in events if journal), None)
    unsealed, damaged = "", []
    try:
        manifest = manifest_of(folder)
        damaged = damage(folder, manifest)
    except IncompleteError as error:
        if opened is None:
            raise IncompleteError("it holds no journal", where=folder.name) from None
        unsealed = error.what
        manifest = _manifest_from(opened)
    return Arrived(
        name=folder.name,
        manifest=manifest,
        unsealed=unsealed,
        damage=tuple(damaged),
        plan=_plan(folder),
        record=read_run(events),
        measured=coverage.processes(folder / "coverage") if (folder / "coverage.ini").exists() else None,
    )


def _manifest_from(opened: Mapping[str, object]) -> Manifest:
    return Manifest(
        suite=str(opened.get("suite", "")),
        shard=int(str(opened.get("shard", 1))),
        total=int(str(opened.get("total", 1))),
        attempt=int(str(opened.get("attempt", 1))),
        plan="",
        commit="",
        run=str(opened.get("run", "")),
        juncture="",
        pytest="",
        python="",
        platform="",
        files={},
    )


def _plan(folder: Path) -> Plan | None:
    if not (folder / PLAN).exists():
        return None
    try:
        return read_plan(folder / PLAN)
    except JunctureError:
        return None  # a plan that can't be read proves nothing; its absence is what the proof names


def _suite(name: str, expected: int, bundles: Sequence[Arrived]) -> Suite:
    chosen, _ = newest(bundles)
    return Suite(name=name, expected=expected, shards=tuple(chosen), problems=tuple(prove(expected, bundles)))


def _write(out: Path, merged: Merged) -> None:
    """Write the files of the result, each under a temporary name first."""
    for suite in merged.suites:
        lost = sorted({test for problem in suite.problems for test in problem.tests})
        name = f"-{suite.name}" if len(merged.suites) > 1 else ""
        junit.write(out / f"junit{name}.xml", suite.name, [shard.record for shard in suite.shards], lost=lost)
    timings.write(out / "timings.json", [shard.record for suite in merged.suites for shard in suite.shards])
    points = {
        "version": 1,
        "points": [
            {
                "name": point.name,
                "service": point.service,
                "lines": {name: list(lines) for name, lines in point.lines.items()},
                "run": {name: list(lines) for name, lines in point.run.items()},
            }
            for point in merged.points
        ],
    }
    unfinished = out / f"points.{os.getpid()}.new"
    unfinished.write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(out / "points.json")
