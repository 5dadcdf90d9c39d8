"""The summary in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.rows import Row
from juncture.reporting.summary import summary_rows
from juncture.reporting.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from juncture.merging.values import Merged

__all__ = ["summary_lines"]

LABEL = 12
"""Columns of the label at the beginning of each line."""


def summary_lines(merged: Merged, report: Path, over_budget: Sequence[str] = ()) -> list[str]:
    """Return the summary of a merged result, at most one screen; ``report`` is where the whole of it is shown."""
    rows = [*summary_rows(merged, over_budget), Row("report", str(report))]
    return [visible(f"{row.label:<{LABEL}}  {row.text}").rstrip() for row in rows]
