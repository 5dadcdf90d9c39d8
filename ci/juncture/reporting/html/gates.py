"""The gates: what each demands, what there is, whether it holds, and where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.gates import called, figures
from juncture.reporting.html.markup import Html, clipped, element, joined
from juncture.reporting.html.parts import Column, section, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.gates import Verdict

__all__ = ["gates_section"]

MOST = 500
LONGEST = 2_000


def gates_section(verdicts: Sequence[Verdict]) -> Html:
    """Return a row for each gate, what does not hold first; nothing where none was declared."""
    ordered = sorted(verdicts, key=lambda verdict: verdict.holds)
    columns = [
        Column("holds"),
        Column("gate"),
        Column("actual", number=True),
        Column("required", number=True),
        Column("where to look", wide=True),
    ]
    return section("gates", "Gates", table("What was demanded of the coverage", columns, map(_row, ordered[:MOST])))


def _row(verdict: Verdict) -> list[str]:
    actual, required = figures(verdict)
    word = "holds" if verdict.holds else element("strong", "fails", class_="bad")
    look = joined(element("li", element("code", clipped(place, LONGEST))) for place in verdict.look)
    why = joined([clipped(verdict.reason, LONGEST), element("ul", look) if look else ""])
    return [word, element("strong", called(verdict.name)), actual, required, why]
