"""The variables by which a run's controller spares its workers choices of their own."""

from __future__ import annotations

__all__ = ["CHOSEN", "WORKERS"]

CHOSEN = "JUNCTURE_CHOSEN"
"""Tells a run's workers what its controller chose, as JSON: a table for each service."""

WORKERS = "PYTEST_XDIST_WORKER_COUNT"
"""Tells a run's workers how many they are; its controller knows too, unless pytest-xdist is still to choose."""
