"""Integration points: which part of their code integration tests ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.gates import coverage_text
from juncture.reporting.html.markup import NOTHING, Html, clipped, element
from juncture.reporting.html.parts import Column, and_more, section, table
from juncture.reporting.wording import counted

if TYPE_CHECKING:
    from juncture.merging.points import PointCoverage
    from juncture.merging.values import Merged

__all__ = ["points_section"]

MOST = 500
LONGEST = 2_000


def points_section(merged: Merged) -> Html:
    """Return the declared points as a table, and the share of all lines that was covered; nothing without either."""
    measured = merged.coverage
    files = counted(measured.files, "data file") if measured else ""
    words = f"Covered: {coverage_text(measured, merged.baseline)}, by {files}." if measured else ""
    told = [*measured.refused, *measured.notes] if measured else []
    columns = [
        Column("point"),
        Column("service"),
        Column("run", number=True),
        Column("of", number=True),
        Column("lines in functions", wide=True),
        Column("code", wide=True),
    ]
    return section(
        "points",
        "Integration points and coverage" if merged.points else "Coverage",
        element("p", words) if words else NOTHING,
        element("ul", *(element("li", clipped(text, LONGEST)) for text in told[:MOST])) if told else NOTHING,
        table("What integration tests ran of each declared point", columns, map(_row, merged.points[:MOST])),
        and_more(merged.points, MOST),
    )


def _row(point: PointCoverage) -> list[str]:
    share = point.covered / point.total if point.total else 0.0
    bar = element(
        "svg",
        element("rect", class_="room", width="100%", height="8", rx="4"),
        element("rect", class_="part", width=f"{100 * share:.2f}%", height="8", rx="4"),
        class_="share",
        height="8",
        aria_hidden="true",
    )
    name = element("strong", point.name, class_="" if point.covered else "bad")
    files = element("span", ", ".join(point.lines), class_="place")
    return [name, point.service, str(point.covered), str(point.total), bar, files]
