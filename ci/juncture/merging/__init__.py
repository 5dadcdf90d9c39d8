"""Merge what parallel processes and jobs left behind into one result, with proof."""

from __future__ import annotations

from juncture.merging.merge import INTEGRATION, Merged, Suite, merge

__all__ = ["INTEGRATION", "Merged", "Suite", "merge"]
