"""Labelled rows, of which every summary is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SHOWN", "Row", "listed"]

SHOWN = 8
"""Rows of one list; a longer one is cut and counted, so that the summary stays on one screen."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row; an empty label continues the one above."""

    label: str
    text: str


def listed(label: str, texts: Iterable[str], *, shown: int = SHOWN) -> list[Row]:
    """Return a labelled list; what is over ``shown`` is counted."""
    found = list(texts)
    rows = [Row("" if at else label, text) for at, text in enumerate(found[:shown])]
    rest = len(found) - shown
    return [*rows, *([Row("", f"... and {rest} more")] if rest > 0 else [])]
