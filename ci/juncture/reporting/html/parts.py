"""What every section of the page is made of: headings, tables, names of tests, durations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.reporting.html.markup import NOTHING, Html, clipped, element, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Column", "and_more", "duration", "seconds", "section", "table", "test_name", "tests_list"]

LONGEST_NAME = 400
"""Characters of a node id that are shown."""

MOST_NAMES = 200
"""Node ids of one list."""

MINUTE, HOUR = 60, 3600
NO_BREAK = "\N{NO-BREAK SPACE}"
PRECISE = 10
"""Seconds from which on one decimal is enough."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; numbers stand right, and ``wide`` ones take the room that is left."""

    label: str
    number: bool = False
    wide: bool = False

    @property
    def style(self) -> str:
        """Return the class of its cells."""
        return "number" if self.number else "wide" if self.wide else ""


def section(key: str, title: str, *content: str, count: int | None = None) -> Html:
    """Return one section of the page, with the heading that names it; nothing where it has no content."""
    if not any(content):
        return NOTHING
    number = element("span", str(count), class_="count") if count is not None else NOTHING
    heading = element("h2", title, number, id=f"{key}-heading")
    return element("section", heading, *content, id=key, aria_labelledby=f"{key}-heading")


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, sortable: bool = False) -> Html:
    """Return a table that scrolls by itself where the page is too narrow for it; nothing where it has no row."""
    body = [
        element("tr", *(element("td", cell, class_=column.style) for column, cell in zip(columns, row, strict=True)))
        for row in rows
    ]
    if not body:
        return NOTHING
    head = element("tr", *(element("th", column.label, scope="col", class_=column.style) for column in columns))
    whole = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        data_sortable=sortable,
    )
    return element("div", whole, class_="scroll", role="region", tabindex="0", aria_label=caption)


def test_name(nodeid: str) -> Html:
    """Return a node id that shows the test more than its place."""
    place, colons, name = clipped(nodeid, LONGEST_NAME).replace("\n", " ").partition("::")
    if not colons:
        return element("bdi", place, class_="test")
    return element("bdi", element("span", f"{place}::", class_="place"), name, class_="test")


def tests_list(summary: str, nodeids: Sequence[str]) -> Html:
    """Return a list of tests that unfolds; nothing where there are none."""
    if not nodeids:
        return NOTHING
    items = joined(element("li", test_name(nodeid)) for nodeid in nodeids[:MOST_NAMES])
    return element("details", element("summary", summary), element("ul", items), and_more(nodeids, MOST_NAMES))


def and_more(found: Sequence[object], shown: int) -> Html:
    """Return how many are not shown; nothing where all are."""
    rest = len(found) - shown
    return element("p", f"… and {rest} more, in the files beside this one", class_="more") if rest > 0 else NOTHING


def seconds(value: float) -> str:
    """Return seconds for a column of numbers."""
    return f"{value:.2f} s"


def duration(value: float) -> str:
    """Return a duration as people say it, never broken over lines: 0.45 s, 19.2 s, 3 min 41 s, 1 h 02 min."""
    if value < MINUTE:
        words = f"{value:.2f} s" if value < PRECISE else f"{value:.1f} s"
    elif (whole := round(value)) < HOUR:
        words = f"{whole // MINUTE} min {whole % MINUTE:02} s"
    else:
        words = f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return words.replace(" ", NO_BREAK)
