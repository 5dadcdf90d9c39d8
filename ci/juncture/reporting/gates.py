"""The gates and the coverage of a merge in words, aligned; the same on a terminal and in a summary."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.baseline import Baseline
    from juncture.merging.coverage import Measured
    from juncture.merging.gates import Verdict

__all__ = ["called", "coverage_text", "figures", "gate_texts"]

DROP = "drop"
MOST_DECIMALS = 4


def coverage_text(measured: Measured, baseline: Baseline | None = None) -> str:
    """Return the total, and where there is a baseline the difference: ``91.4 %  (+0.3 since main)``."""
    if measured.percent is None:
        return "nothing was measured"
    text = f"{measured.percent:.1f} %"
    if baseline is None or baseline.percent is None:
        return text
    delta = round(measured.percent - baseline.percent, 1)
    return f"{text}  ({delta:+.1f} since main)" if delta else f"{text}  (as on main)"


def gate_texts(verdicts: Sequence[Verdict]) -> list[str]:
    """Return a line for each gate, what does not hold first, each followed by where to look."""
    ordered = sorted(verdicts, key=lambda verdict: verdict.holds)
    cells = [(called(verdict.name), *figures(verdict)) for verdict in ordered]
    name, actual, required = (max((len(cell[column]) for cell in cells), default=0) for column in range(3))
    texts = []
    for verdict, cell in zip(ordered, cells, strict=True):
        word = "holds" if verdict.holds else "fails"
        line = f"{word}  {cell[0]:<{name}}  {cell[1]:>{actual}}  {cell[2]:<{required}}  {verdict.reason}"
        texts += [line.rstrip(), *(f"         {place}" for place in verdict.look)]
    return texts


def called(name: str) -> str:
    """Return a gate's name in words."""
    words = {"changed": "changed lines", "coverage": "total", DROP: "since main", "points": "points"}
    return words.get(name, name.removeprefix("points."))


def figures(verdict: Verdict) -> tuple[str, str]:
    """Return what was reached and what was demanded, in so many decimals that they tell why."""
    lost = verdict.name == DROP
    required = f"at most {verdict.required:g} lost" if lost else f"of {verdict.required:g} %"
    if verdict.actual is None:
        return "-", required
    shown = _apart(verdict.actual, verdict.required, holds=verdict.holds, up=lost)
    return (f"{shown} lost" if lost else f"{shown} %"), required


def _apart(actual: float, required: float, *, holds: bool, up: bool) -> str:
    """Return a figure rounded so that it is never on the other side of the limit than it is."""
    for decimals in range(1, MOST_DECIMALS + 1):
        text = f"{actual:.{decimals}f}"
        reached = float(text) <= required if up else float(text) >= required
        if reached == holds:
            return text
    exact = Decimal(repr(actual)).quantize(Decimal(10) ** -MOST_DECIMALS, ROUND_CEILING if up else ROUND_FLOOR)
    return str(exact)
