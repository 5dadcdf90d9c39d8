"""Where the time went: slowest tests, shared fixtures, files."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from juncture.model import BAD_OUTCOMES
from juncture.reporting.costs import fixture_costs, test_costs
from juncture.reporting.html.markup import NOTHING, Html, element
from juncture.reporting.html.parts import Column, and_more, seconds, section, table, test_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Merged

__all__ = ["costs_section"]

SLOWEST = 12
LEAST = 0.005
"""Seconds that a shared fixture must have taken to be listed."""

MOST_FILES = 300


def costs_section(merged: Merged, over_budget: Sequence[str] = ()) -> Html:
    """Return the tables of what took longest; a test does not pay for a shared fixture that it was the first to need.

    ``over_budget`` are the lines about a budget that was exceeded.
    """
    records = [record for suite in merged.suites for record in suite.records]
    slow = [[seconds(taken), test_name(nodeid)] for nodeid, taken in test_costs(records)[:SLOWEST]]
    shared = [
        [seconds(each.seconds), element("code", each.name), each.scope, str(each.setups), each.base or "a plugin"]
        for each in fixture_costs(records)[:SLOWEST]
        if each.seconds >= LEAST
    ]
    time = Column("time", number=True)
    columns = [time, Column("fixture"), Column("scope"), Column("set up", number=True), Column("of", wide=True)]
    return section(
        "costs",
        "Where the time went",
        element("p", over_budget[0], class_="card bad over") if over_budget else NOTHING,
        table("Slowest tests", [time, Column("test", wide=True)], slow),
        table("Shared fixtures, all workers together", columns, shared),
        _files(merged),
    )


def _files(merged: Merged) -> Html:
    """Return the files with their tests, costliest first, in a table that unfolds."""
    rows: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0.0])
    for suite in merged.suites:
        for test in suite.tests:
            row = rows[test.nodeid.partition("::")[0]]
            row[0] += 1
            row[1] += test.outcome in BAD_OUTCOMES
            row[2] += test.outcome == "skipped"
            row[3] += sum(test.seconds.values())
    ordered = sorted(rows.items(), key=lambda pair: (-pair[1][3], pair[0]))
    numbers = [Column(name, number=True) for name in ("tests", "failed", "skipped", "time")]
    cells = [
        [test_name(name), *(f"{number:.0f}" for number in row[:3]), seconds(row[3])]
        for name, row in ordered[:MOST_FILES]
    ]
    return (
        element(
            "details",
            element("summary", f"All {len(ordered)} files" if len(ordered) > 1 else "The file"),
            table(
                "Files, costliest first; a shared fixture counts where it was needed first",
                [Column("file", wide=True), *numbers],
                cells,
                sortable=True,
            ),
            and_more(ordered, MOST_FILES),
        )
        if ordered
        else NOTHING
    )
