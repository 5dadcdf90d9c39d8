"""Combine the coverage data of all processes into one measure, and report on it."""

from __future__ import annotations

from juncture.merging.coverage.combining import combine, executed_by
from juncture.merging.coverage.files import processes
from juncture.merging.coverage.measured import FileLines, Measured

__all__ = ["FileLines", "Measured", "combine", "executed_by", "processes"]
