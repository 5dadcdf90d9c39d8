"""Merge the JUnit files of any tools: read as a stream, copied as bytes, refused where they are hostile or broken."""

from __future__ import annotations

from juncture.merging.foreign.merge import ForeignMerge, merge_files
from juncture.merging.foreign.totals import ForeignTotals, read_totals

__all__ = ["ForeignMerge", "ForeignTotals", "merge_files", "read_totals"]
