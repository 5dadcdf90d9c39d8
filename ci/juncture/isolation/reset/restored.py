"""A database that its own kind brings back to its template, and what that took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from juncture.isolation.reset.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.isolation.reset.sessions import Left
    from juncture.services.databases import Restorer

__all__ = ["Restored"]


class Restored:
    """What a `Cleaner` is for Postgres, for every other kind: it counts what tests needed, and knows no pool."""

    def __init__(self, restorer: Restorer, snapshot: Callable[[], str]) -> None:
        """Look at nothing yet. ``snapshot`` returns the name of a database that may be made, and is dropped later."""
        self.usage = Usage()
        self.before_replace: list[Callable[[], None]] = []
        self._restorer = restorer
        self._snapshot = snapshot

    def want(self) -> None:
        """Make nothing ahead: a copy gets its name when it is made."""

    def note_rollback(self, seconds: float) -> None:
        """Count a test that a fixture rolled back."""
        self.usage.add("rollback", seconds, 0)

    def clean(self, *, fresh: bool = False) -> None:
        """Bring the database back to its template; with ``fresh`` by a new copy, whatever was done to it."""
        began = time.perf_counter()
        way = self._restorer.restore(fresh=fresh)
        self.usage.add(way, time.perf_counter() - began)

    def settle(self) -> None:
        """Take what is in the database now for what a reset goes back to, where that is not its template."""
        if self._restorer.changed():
            self._restorer.keep(self._snapshot())

    def left_open(self) -> list[Left]:
        """Return nothing: a transaction that is in the way is ended by the reset."""
        return []

    def close(self) -> None:
        """Let go of the server."""
        self._restorer.close()
