"""What a database consists of besides rows, whatever its kind."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Thing"]


class Thing(NamedTuple):
    """An object of a database: ``table``, ``orders``; ``of`` is what it goes away with, as ``table orders``."""

    kind: str
    name: str
    of: str = ""

    def __str__(self) -> str:
        """Return what people call it."""
        return f"{self.kind} {self.name}"
