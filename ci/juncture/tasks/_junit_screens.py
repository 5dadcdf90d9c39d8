"""What ``junit.merge`` prints: what was read, what it comes to, what is wrong, and where the result is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.tasks._screens import counted, human_size, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from juncture.merging.foreign import ForeignMerge

__all__ = ["file_table", "merge_screen", "shown"]

_MOST = 20
"""Lines of one kind."""

_LONGEST = 200
"""Characters of a name that a file gives."""

_JOB_SIZE, _PIPELINE_CASES = 100_000_000, 500_000
"""What GitLab takes: bytes of all reports of a job, and test cases of a pipeline."""


def file_table(merged: ForeignMerge) -> list[str]:
    """Return a line for each file: its figures, or that it is not in the result."""
    rows = []
    for each in merged.files:
        counts = each.scan.counts
        figures = (counts.suites, counts.tests, counts.failures, counts.errors, counts.skipped, counts.flaky)
        rows.append((shown(str(each.path)), *map(str, figures), "merged"))
    rows += [(shown(each.name), *[""] * 6, "refused") for each in merged.refused]
    return [*table(("file", "suites", "cases", "failures", "errors", "skipped", "flaky", "verdict"), rows), ""]


def merge_screen(merged: ForeignMerge, here: Path, limit: int) -> list[str]:
    """Return the lines of the whole result; paths below ``here`` are shown from there."""
    counts = merged.counts
    figures = [
        ("files", f"{len(merged.files)}" + (f", and {len(merged.refused)} refused" if merged.refused else "")),
        ("suites", f"{counts.suites}"),
        ("cases", f"{counts.tests}"),
        ("failures", f"{counts.failures}"),
        ("errors", f"{counts.errors}"),
        ("skipped", f"{counts.skipped}"),
        *([("flaky", f"{counts.flaky}")] if counts.flaky else []),
        ("duplicates", f"{merged.duplicates.number}"),
    ]
    lines = [f"{name:<12}{text}" for name, text in figures]
    for each in merged.written:
        path = each.path.relative_to(here) if each.path.is_relative_to(here) else each.path
        cases = f", {counted(each.tests, 'case', 'cases')}" if len(merged.written) > 1 else ""
        lines.append(f"{'written':<12}{shown(str(path))}  {human_size(each.size)}{cases}")
    if not merged.written:
        lines.append(f"{'written':<12}nothing: no file could be read")
    lines += _listed("refused", (f"{shown(each.place)}  {each.reason}" for each in merged.refused), len(merged.refused))
    twice = (
        f"{shown(str(each.case))}  {shown(each.first)} and {shown(each.again)}" for each in merged.duplicates.named
    )
    lines += _listed("more than once", twice, merged.duplicates.number)
    return lines + _listed("to know", notes := _notes(merged, limit), len(notes))


def _listed(heading: str, lines: Iterable[str], number: int) -> list[str]:
    """Return a heading and the first lines below it, and how many more there are."""
    shown = [f"  {line}" for line, _ in zip(lines, range(_MOST), strict=False)]
    if not shown:
        return []
    more = [f"  ... and {number - len(shown)} more"] if number > len(shown) else []
    return ["", heading, *shown, *more]


def _notes(merged: ForeignMerge, limit: int) -> Sequence[str]:
    """Return what is no reason to be red, but may explain a figure."""
    notes = []
    for each in merged.files:
        claims = [
            f'suite "{shown(name)}" claims failures and shows none: counted as it claims' for name in each.scan.claims
        ]
        if each.scan.claimed > each.scan.counts.tests:
            claims.append(f"says that it has {each.scan.claimed} cases, and has {each.scan.counts.tests}")
        notes += [f"{shown(str(each.path))}  {claim}" for claim in claims]
    notes += [f"{shown(str(path))}  left out: an earlier merge wrote it" for path in merged.left_out]
    if limit:
        notes += [
            f"{shown(each.path.name)}  is larger than asked for: one case or element alone is"
            for each in merged.written
            if each.size > limit
        ]
        if (size := sum(each.size for each in merged.written)) > _JOB_SIZE:
            notes.append(f"GitLab takes 100 MB of reports from a job, and this is {human_size(size)}")
        if merged.counts.tests > _PIPELINE_CASES:
            notes.append(f"GitLab takes 500000 cases of a pipeline, and this is {merged.counts.tests}")
    return notes


def shown(name: str) -> str:
    """Return a name on one line, with nothing that a terminal would obey, and not longer than a screen bears."""
    name = "".join(each if each.isprintable() else "?" for each in name)
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
