"""The summary in the terminal: the same words and order wherever a result is shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from juncture.merging import Merged
    from juncture.model import Outcome
    from juncture.recording.outcomes import RunRecord

__all__ = ["summary_lines"]

WORDS: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
SLOWEST = 5
SHOWN_PROBLEMS = 8
NOTE_LABEL, LABEL = 11, 12
"""Columns of the label at the beginning of each line, in a note and here."""


def summary_lines(merged: Sequence[Merged], report: Path) -> list[str]:
    """Return the summary of a merged result, at most one screen."""
    lines: list[str] = []
    for result in merged:
        lines += _suite(result)
    return [*lines, _line("report", str(report))]


def _suite(result: Merged) -> list[str]:
    record = result.record
    counts = Counter(test.outcome for test in record.tests)
    words = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word]) or "no test ran"
    lines = [_line(result.suite, f"{words:<36}{_effort(record)}")]
    # Notes bring their own labels, in the narrower column of the run's first lines.
    lines += [_line(note[:NOTE_LABEL].strip(), note[NOTE_LABEL:]) for note in record.notes]
    lines += _listed("incomplete", result.problems)
    bad = [f"{test.nodeid}  ({test.worker})" for test in record.tests if test.outcome in {"failed", "error"}]
    lines += _listed("failed", bad)
    if result.coverage:
        lines.append(_line("coverage", f"{result.coverage.percent:.1f} %"))
    slow = sorted(record.tests, key=lambda test: -sum(test.seconds.values()))[:SLOWEST]
    slowest = [f"{sum(test.seconds.values()):6.2f} s  {test.nodeid}" for test in slow]
    return [*lines, *(_line("" if at else "slowest", text) for at, text in enumerate(slowest))]


def _effort(record: RunRecord) -> str:
    if not record.workers:
        return ""
    wall = max(worker.wall for worker in record.workers)
    busy = sum(sum(test.seconds.values()) for test in record.tests)
    share = busy / (wall * len(record.workers)) if wall else 0.0
    workers = f"{len(record.workers)} worker{'s' if len(record.workers) > 1 else ''}"
    return f"{wall:6.1f} s   {workers}, {100 * share:.0f} % busy"


def _listed(label: str, texts: Sequence[str]) -> list[str]:
    shown = [_line("" if at else label, text) for at, text in enumerate(texts[:SHOWN_PROBLEMS])]
    rest = len(texts) - SHOWN_PROBLEMS
    return [*shown, *([_line("", f"... and {rest} more")] if rest > 0 else [])]


def _line(label: str, text: str) -> str:
    return f"{label:<{LABEL}}  {text}".rstrip()
