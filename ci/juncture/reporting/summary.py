"""The summary of a result as labelled rows: the same words in the same order, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from juncture.reporting.cleaning import clean_lines
from juncture.reporting.effort import effort_of
from juncture.reporting.failures import failure_rows
from juncture.reporting.gates import coverage_text, gate_texts
from juncture.reporting.rows import SHOWN, Row, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.foreign import ForeignTotals
    from juncture.merging.points import PointCoverage
    from juncture.merging.values import Arrived, Merged, Suite
    from juncture.model import Outcome

__all__ = ["summary_rows"]

WORDS: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
SLOWEST = 5
SLOW = 0.1
"""Seconds of a test that is worth a line among the slowest."""

SELECTED = "perhaps a part of the suite: -k, -m, -x, a path or the like chose among its tests"
"""What is said of a run that may be one of some tests: such a result is as green as one of all."""

NOTE_LABEL = 11
"""Columns of the label in a journal's note."""


def summary_rows(merged: Merged, over_budget: Sequence[str] = ()) -> list[Row]:
    """Return the rows of a merged result; ``over_budget`` says what was too slow, where a budget was declared."""
    rows = [row for suite in merged.suites for row in _suite(suite)]
    rows += [_other(name, totals) for name, totals in merged.others.items()]
    rows += listed("budget", over_budget)
    rows += listed("incomplete", [f"{problem.text}  [{problem.code}]" for problem in merged.all_problems])
    lost = sorted({test for problem in merged.all_problems for test in problem.tests})
    rows += listed("not proved", lost)
    rows += [row for suite in merged.suites for row in failure_rows(suite)]
    if merged.coverage:
        rows.append(Row("coverage", coverage_text(merged.coverage, merged.baseline)))
    rows += listed("gates", gate_texts(merged.gates), shown=2 * SHOWN)
    rows += _points(merged.points)
    tests = [test for suite in merged.suites for test in suite.tests]
    times = sorted(((sum(test.seconds.values()), test.nodeid) for test in tests), key=lambda each: -each[0])
    rows += listed("slowest", [f"{time:6.2f} s  {nodeid}" for time, nodeid in times[:SLOWEST] if time >= SLOW])
    rows += listed("note", merged.notes)
    return rows + _result(merged)


def _result(merged: Merged) -> list[Row]:
    """Return the verdict where it is not simply that all passed."""
    match merged.verdict:
        case "passed":
            return []
        case "failed":
            return [Row("result", "failed")]
        case "incomplete":
            how = "something is missing, and --allow-missing lets it pass: this proves nothing about the rest"
            return [Row("result", f"incomplete: {how}" if merged.let_pass else "incomplete")]
        case _:
            assert_never(merged.verdict)


def _suite(suite: Suite) -> list[Row]:
    counts = suite.counts
    words = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word]) or "no test ran"
    rows = [Row(suite.name, f"{words:<34}  {_effort(suite)}".rstrip())]
    if suite.expected == 1:
        notes = [note for shard in suite.shards for note in shard.record.notes]
        rows += [Row(note[:NOTE_LABEL].strip(), note[NOTE_LABEL:]) for note in notes]
    else:
        rows += [_shard(suite, number) for number in range(1, suite.expected + 1)]
    if any(shard.record.narrowed for shard in suite.shards):
        rows.append(Row("selection", SELECTED))
    rows += listed("clean", clean_lines(told for shard in suite.shards for told in shard.record.cleaned))
    rows += listed("re-run", [_facts(bundle, bundle.manifest.total) for bundle in suite.reruns])
    return rows + listed("resolved", [f"{problem.text}  [{problem.code}]" for problem in suite.resolved])


def _shard(suite: Suite, number: int) -> Row:
    label = "shards" if number == 1 else ""
    shard = next((each for each in suite.shards if each.manifest.shard == number), None)
    if shard is None:
        return Row(label, f"{number} of {suite.expected}   never reported")
    return Row(label, _facts(shard, suite.expected))


def _facts(shard: Arrived, total: int) -> str:
    walls = [worker.wall for worker in shard.record.workers]
    attempt = f"   attempt {shard.manifest.attempt}" if shard.manifest.attempt > 1 else ""
    tests = len(shard.record.tests)
    return f"{shard.manifest.shard} of {total}   {tests:5} tests  {max(walls, default=0.0):6.1f} s{attempt}"


def _effort(suite: Suite) -> str:
    effort = effort_of(suite)
    if not effort:
        return ""
    missing = f"{effort.shards} of " if effort.shards < suite.expected else ""
    shards = f"{missing}{suite.expected} shards, " if suite.expected > 1 else ""
    many = f"{shards}{effort.workers} worker{'s' if effort.workers > 1 else ''}"
    return f"{effort.seconds:6.1f} s   {many}, {100 * effort.busy:.0f} % busy"


def _other(name: str, totals: ForeignTotals) -> Row:
    """Return the line of another tool's suite, in the same words."""
    bad = totals.failures + totals.errors
    counts = {"passed": totals.tests - bad - totals.skipped, "failed": totals.failures, "error": totals.errors}
    counts |= {"skipped": totals.skipped, "flaky": totals.flaky}
    words = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no test ran"
    return Row(name, f"{words:<34}  {totals.seconds:6.1f} s   {totals.files} file{'s' if totals.files != 1 else ''}")


def _points(points: Sequence[PointCoverage]) -> list[Row]:
    if not points:
        return []
    names, services = max(len(point.name) for point in points), max(len(point.service) for point in points)
    reached = sum(1 for point in points if point.covered)
    head = [f"{reached} of {len(points)} declared are run by integration tests"]
    lines = [
        f"{point.name:<{names}}  {point.service:<{services}}  {point.covered:4} of {point.total:4} lines in functions"
        for point in points
    ]
    return listed("points", [*head, *lines], shown=len(points) + 1)
