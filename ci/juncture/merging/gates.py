"""Judge a merge by what was demanded of it. Pure: values in, verdicts out.

What can't be judged, because nothing was measured or there is nothing to compare with, does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from juncture.merging.coverage.measured import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from juncture.config import Config, Gates, Point
    from juncture.merging.baseline import Baseline
    from juncture.merging.changes import Changes
    from juncture.merging.coverage import FileLines, Measured
    from juncture.merging.points import PointCoverage

__all__ = ["Verdict", "judge", "ranges"]

SHOWN = 5
"""Places that one verdict names; what is left is counted."""

SHOWN_RANGES = 8
"""Ranges of lines that are named of one file."""

NOTHING = "nothing was measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one gate.

    ``name`` is the key that demands it, such as ``coverage`` or ``points.orders-db``; ``required`` and ``actual`` are
    in percent, for ``drop`` in points of percent lost, and ``actual`` is None where it could not be told. ``reason``
    says in a sentence what the figures don't; ``look`` names where to look, at most a few places.
    """

    name: str
    required: float
    actual: float | None
    holds: bool
    reason: str = ""
    look: tuple[str, ...] = ()


def judge(
    config: Config,
    measured: Measured | None,
    covered: Sequence[PointCoverage],
    changes: Changes,
    baseline: Baseline,
) -> list[Verdict]:
    """Return a verdict for each gate that ``config`` sets, in a fixed order; coverage's own ``fail_under`` is one."""
    gates = config.gates
    return [
        *_totals(gates, measured),
        *_points(gates, config.points, measured, covered),
        *_changed(gates, measured, changes),
        *_drop(gates, measured, baseline),
    ]


def ranges(name: str, lines: Iterable[int], statements: Iterable[int]) -> str:
    """Return some of a file's statements as ``path:1-3, 7``; a range ends where another statement comes between."""
    wanted = set(lines)
    runs = []
    for chosen, run in groupby(sorted(wanted.union(statements)), wanted.__contains__):
        found = list(run)
        if chosen:
            runs.append(f"{found[0]}-{found[-1]}" if len(found) > 1 else str(found[0]))
    more = len(runs) - SHOWN_RANGES
    rest = f" and {more} more" if more > 0 else ""
    return f"{name}:{', '.join(runs[:SHOWN_RANGES])}{rest}"


def _totals(gates: Gates, measured: Measured | None) -> Iterator[Verdict]:
    percent = measured.percent if measured else None
    reason = "" if percent is not None else NOTHING
    look = _most_missing(measured.lines) if measured else ()
    if gates.coverage is not None:
        yield _least("coverage", gates.coverage, percent, reason, look)
    if measured and measured.demanded:
        rounded = None if percent is None else _as_coverage_rounds(percent, measured.demanded, measured.precision)
        yield _least("fail_under", measured.demanded, rounded, reason, look)


def _as_coverage_rounds(percent: float, demanded: float, precision: int) -> float:
    """Return the total as coverage compares it: rounded, but never up to 100; what is demanded may be more precise."""
    decimals = len(f"{demanded:.10f}".rstrip("0").partition(".")[2])
    hundred = 100.0
    rounded = round(percent, max(precision, decimals))
    return percent if hundred in {demanded, rounded} else rounded


def _points(
    gates: Gates, points: Sequence[Point], measured: Measured | None, covered: Sequence[PointCoverage]
) -> Iterator[Verdict]:
    by_name = {point.name: point for point in covered}
    if gates.points is not None and not points:
        yield Verdict(name="points", required=gates.points, actual=None, holds=False, reason="no point is declared")
    for point in points:
        required = point.cover if point.cover is not None else gates.points
        if required is None:
            continue
        name = f"points.{point.name}"
        found = by_name.get(point.name)
        if measured is None or not measured.files or found is None:
            yield _least(name, required, None, NOTHING)
        elif not found.total:
            yield _least(name, required, None, f"no function is in {', '.join(point.code)}")
        else:
            missing = {file: set(lines) - set(found.run.get(file, ())) for file, lines in found.lines.items()}
            look = _bounded(ranges(file, missing[file], found.lines[file]) for file in sorted(missing) if missing[file])
            yield _least(name, required, share(found.covered, found.total), "", look)


def _changed(gates: Gates, measured: Measured | None, changes: Changes) -> Iterator[Verdict]:
    if gates.changed is None:
        return
    if changes.problem or measured is None or measured.percent is None:
        yield _least("changed", gates.changed, None, changes.problem or NOTHING)
        return
    files = {name: measured.lines[name] for name in sorted(changes.lines) if name in measured.lines}
    missing = {name: sorted(changes.lines[name].intersection(file.missing)) for name, file in files.items()}
    ran = sum(len(changes.lines[name].intersection(file.executed)) for name, file in files.items())
    whole = ran + sum(map(len, missing.values()))
    if not whole:
        reason = f"no line that can run changed since {changes.base}"
        yield Verdict(name="changed", required=gates.changed, actual=None, holds=True, reason=reason)
        return
    look = _bounded(
        ranges(name, lines, files[name].executed + files[name].missing) for name, lines in missing.items() if lines
    )
    reason = f"{ran} of {whole} lines since {changes.base}"
    yield _least("changed", gates.changed, share(ran, whole), reason, look)


def _drop(gates: Gates, measured: Measured | None, baseline: Baseline) -> Iterator[Verdict]:
    if gates.drop is None:
        return
    percent = measured.percent if measured else None
    if percent is None or baseline.percent is None:
        reason = NOTHING if percent is None else baseline.problem
        yield Verdict(name="drop", required=gates.drop, actual=None, holds=False, reason=reason)
        return
    lost = round(baseline.percent - percent, 9)  # what subtracting makes of decimals is no loss
    holds = lost <= gates.drop
    look = () if holds or measured is None else _most_missing(measured.lines)
    yield Verdict(name="drop", required=gates.drop, actual=max(lost, 0.0), holds=holds, look=look)


def _least(name: str, required: float, actual: float | None, reason: str, look: tuple[str, ...] = ()) -> Verdict:
    """Return the verdict on a gate that demands at least so much; only one that does not hold says where to look."""
    holds = actual is not None and actual >= required
    return Verdict(name=name, required=required, actual=actual, holds=holds, reason=reason, look=() if holds else look)


def _most_missing(lines: Mapping[str, FileLines]) -> tuple[str, ...]:
    """Return the files in which most statements did not run."""
    found = sorted(((len(file.missing), name) for name, file in lines.items() if file.missing), key=_most_first)
    return _bounded(f"{name}  {count} of {_statements(lines[name])} lines did not run" for count, name in found)


def _most_first(found: tuple[int, str]) -> tuple[int, str]:
    return -found[0], found[1]


def _statements(file: FileLines) -> int:
    return len(file.executed) + len(file.missing)


def _bounded(texts: Iterable[str]) -> tuple[str, ...]:
    found = list(texts)
    more = len(found) - SHOWN
    return (*found[:SHOWN], *([f"and {more} more files"] if more > 0 else []))
