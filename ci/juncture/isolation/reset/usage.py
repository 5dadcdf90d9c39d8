"""Count how tests came to a clean database, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WAYS", "Usage", "Way"]

Way = Literal["nothing", "rollback", "rows", "fresh"]
"""A test left nothing, had its transaction rolled back, had rows put back, or took a new clone."""

WAYS: tuple[Way, ...] = ("nothing", "rollback", "rows", "fresh")


@dataclass(slots=True)
class Usage:
    """One service's counts by way, with the seconds that they took together."""

    counts: dict[Way, int] = field(default_factory=dict)
    seconds: dict[Way, float] = field(default_factory=dict)

    def add(self, way: Way, seconds: float, count: int = 1) -> None:
        """Count a test."""
        self.counts[way] = self.counts.get(way, 0) + count
        self.seconds[way] = self.seconds.get(way, 0.0) + seconds

    def told(self) -> dict[str, list[float]]:
        """Return it for a journal: count and seconds by way."""
        return {way: [self.counts[way], round(self.seconds[way], 6)] for way in WAYS if way in self.counts}

    def hear(self, told: Mapping[str, list[float]]) -> None:
        """Add what another process told."""
        for way in WAYS:
            if way in told:
                count, seconds = told[way]
                self.add(way, seconds, int(count))
