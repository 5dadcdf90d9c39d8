"""Merge what parallel processes and jobs left behind into one result, with proof."""

from __future__ import annotations

from juncture.merging.merge import Order, merge
from juncture.merging.values import INTEGRATION, Merged, Problem, Suite

__all__ = ["INTEGRATION", "Merged", "Order", "Problem", "Suite", "merge"]
