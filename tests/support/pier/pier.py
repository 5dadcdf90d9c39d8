"""Count the boats that moor at a pier."""

from __future__ import annotations

__all__ = ["fits"]


def fits(length: int, *, berths: int) -> bool:
    """Tell whether a boat of that length, in metres, finds room."""
    return 0 < length <= berths * 10
