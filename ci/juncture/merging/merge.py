"""Read bundles, prove that they are complete, and write one result."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.config.quarantine import excused_by
from juncture.errors import UsageError
from juncture.merging import coverage
from juncture.merging.baseline import NO_BASELINE, Baseline
from juncture.merging.bundles import Plans, arrive, find, folders_of
from juncture.merging.changes import Changes
from juncture.merging.gates import judge
from juncture.merging.joining import join
from juncture.merging.points import measure_points
from juncture.merging.proof import Excused, MaySkip, prove_commits, prove_jobs
from juncture.merging.results import begin, write, written_to
from juncture.merging.revision import changes_since
from juncture.merging.values import INTEGRATION, Arrived, Merged, Problem, Suite, is_integration
from juncture.model import BAD_OUTCOMES
from juncture.recording.bundle import COVERAGE_SETTINGS
from juncture.sharding.garbage import undisturbed
from juncture.sharding.history import NO_HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.config import Config, Quarantine
    from juncture.merging.foreign import ForeignTotals
    from juncture.merging.gates import Verdict
    from juncture.merging.points import PointCoverage
    from juncture.recording.outcomes import Report, TestRecord
    from juncture.sharding.history import History

__all__ = ["Order", "merge"]


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to merge, and what must be there.

    ``expect`` maps each suite to its number of shards; ``jobs`` maps suites to what the platform says became of their
    jobs (success, failure, cancelled, skipped), where it is known. ``config`` is the declaration whose integration
    points are looked at, and that says which tests are excused and which gates have to hold. ``commit`` is what the
    bundles have to be of, empty where nobody knows it; ``base`` is the revision that changed lines are told by,
    ``baseline`` what was covered before. ``junit`` maps the suites of other tools to their files, and
    ``history`` is what earlier runs took. ``allow_missing`` lets pass what is missing.
    """

    out: Path
    expect: Mapping[str, int]
    bundles: Sequence[Path]
    config: Config | None = None
    jobs: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    base: str = ""
    baseline: Baseline = NO_BASELINE
    junit: Mapping[str, Sequence[str]] = field(default_factory=dict)
    history: History = NO_HISTORY
    allow_missing: bool = False
    today: date = field(default_factory=_today)


def merge(order: Order) -> Merged:
    """Merge bundles, write the result, complete or not, and return it.

    Raise `UsageError` where nothing is expected, or a job is of a suite that is not.
    """
    begin(order.out)
    _check(order)
    # What is read is a million small values, all of them alive to the end.
    with undisturbed(), tempfile.TemporaryDirectory(prefix="juncture-merge-") as scratch:
        plans = Plans()
        found = [
            what if isinstance(what, Problem) else arrive(name, what, plans)
            for name, what in folders_of(find(order.bundles), Path(scratch))
        ]
        merged = _merge(order, found)
        with written_to(order.out):
            write(order.out, merged, order.history)
    return merged


def _check(order: Order) -> None:
    if not order.expect:
        raise UsageError("say what must be there", hint="for example --expect integration=4")
    for suite in (name for names in order.jobs for name in names.split(",")):
        if suite not in order.expect:
            expected = ", ".join(f"{name}={number}" for name, number in order.expect.items())
            raise UsageError(f"the suite {suite} is not expected", where="--job", hint=f"expected: {expected}")


def _merge(order: Order, found: Sequence[Arrived | Problem]) -> Merged:
    problems = [each for each in found if isinstance(each, Problem)]
    by_suite: dict[str, list[Arrived]] = {name: [] for name in order.expect}
    for bundle in found:
        if isinstance(bundle, Problem):
            continue
        if bundle.manifest.suite in by_suite:
            by_suite[bundle.manifest.suite].append(bundle)
        else:
            text = f"{bundle.name} is of the suite {bundle.manifest.suite or 'without a name'}, which is not expected"
            problems.append(Problem(code="suite-foreign", text=text))
    suites = tuple(_suite(order, name, bundles) for name, bundles in by_suite.items())
    problems += prove_commits((bundle for suite in suites for bundle in suite.bundles), order.commit)
    problems += prove_jobs(order.jobs, suites)
    measured, points = _measure(order, [bundle for suite in suites for bundle in suite.bundles])
    if measured:
        problems += [Problem(code="coverage-damaged", text=line) for line in measured.refused]
    problems += [Problem(code="coverage-damaged", text=line) for point in points for line in point.refused]
    others = _others(order)
    for name, totals in others.items():
        problems += [Problem(code="junit-refused", text=f"{name}: {line}") for line in totals.problems]
    return Merged(
        suites=suites,
        problems=tuple(problems),
        coverage=measured,
        points=tuple(points),
        baseline=order.baseline,
        gates=tuple(_judge(order, measured, points)),
        others=others,
        notes=measured.notes if measured else (),
        allow_missing=order.allow_missing,
    )


def _suite(order: Order, name: str, bundles: Sequence[Arrived]) -> Suite:
    joined = join(order.expect[name], bundles, _may_skip(order, name), _excused(order))
    return Suite(
        name=name,
        expected=order.expect[name],
        shards=tuple(joined.shards),
        problems=_named(order, name, joined.problems),
        tests=tuple(joined.tests),
        earlier=joined.earlier,
        quarantined=_quarantined(order, joined.tests, joined.earlier),
        reruns=tuple(joined.reruns),
        resolved=_named(order, name, joined.resolved),
    )


def _named(order: Order, suite: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems of a suite, with its name in them where there are several."""
    prefix = f"{suite}: " if len(order.expect) > 1 else ""
    return tuple(replace(problem, text=f"{prefix}{problem.text}") for problem in problems)


def _may_skip(order: Order, suite: str) -> MaySkip:
    """Return which files may skip themselves; of integration tests, whose services are there, only declared ones."""
    patterns = order.config.may_skip if order.config else ()
    if not is_integration(suite):
        patterns = ("*",)
    return lambda nodeid: any(fnmatchcase(nodeid.partition("::")[0], pattern) for pattern in patterns)


def _excused(order: Order) -> Excused:
    """Return which tests are excused today."""
    entries = order.config.quarantine if order.config else ()
    return lambda nodeid: excused_by(entries, nodeid, order.today) is not None


def _quarantined(
    order: Order, tests: Sequence[TestRecord], earlier: Mapping[str, tuple[Report, ...]]
) -> dict[str, Quarantine]:
    """Return the failed and flaky tests that are excused today, with what excuses them."""
    entries = order.config.quarantine if order.config else ()
    suspects = {test.nodeid for test in tests if test.outcome in BAD_OUTCOMES or test.reruns or test.nodeid in earlier}
    found = {nodeid: excused_by(entries, nodeid, order.today) for nodeid in sorted(suspects)} if entries else {}
    return {nodeid: entry for nodeid, entry in found.items() if entry}


def _measure(order: Order, shards: Sequence[Arrived]) -> tuple[coverage.Measured | None, Sequence[PointCoverage]]:
    """Combine what was measured, and measure the declared points by it."""
    measuring = [shard for shard in shards if (shard.folder / COVERAGE_SETTINGS).exists()]
    if not measuring:
        return None, ()
    sound = next((shard for shard in measuring if not shard.unsealed and not shard.damage), measuring[0])
    settings = sound.folder / COVERAGE_SETTINGS
    root = order.config.root if order.config else None
    measured = coverage.combine([shard.folder / "coverage" for shard in measuring], order.out, settings, root)
    if not measured or not order.config:
        return measured, ()
    executed = coverage.executed_by(measured, INTEGRATION, order.config.root)
    return measured, measure_points(order.config, lambda name: executed.get(name, frozenset()))


def _judge(order: Order, measured: coverage.Measured | None, points: Sequence[PointCoverage]) -> list[Verdict]:
    """Return the verdicts on the gates that the declaration sets, or coverage's own settings."""
    if order.config is None:
        return []
    changes = Changes()
    if order.config.gates.changed is not None:
        changes = changes_since(order.base, order.config.root)
    return judge(order.config, measured, points, changes, order.baseline)


def _others(order: Order) -> dict[str, ForeignTotals]:
    """Count what other tools' tests came to."""
    if not order.junit:
        return {}
    from juncture.merging.foreign import read_totals  # noqa: PLC0415 - for projects that have other tools' tests

    return {name: read_totals(files) for name, files in order.junit.items()}
