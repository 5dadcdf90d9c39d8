"""A psycopg connection that commits and rolls back to savepoints of a transaction which never ends by itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

__all__ = ["HeldConnection"]

SAVEPOINT = "juncture"


class HeldConnection(psycopg.Connection[Any]):
    """Its ``commit`` and ``rollback`` mean what they do elsewhere, to whoever looks through this connection."""

    def hold(self) -> None:
        """Begin the transaction; psycopg finds one open, and begins none of its own."""
        self.execute(f"SAVEPOINT {SAVEPOINT}")

    def commit(self) -> None:
        """Keep what was done so far, until the test ends."""
        if self._inside():
            super().commit()  # which refuses, in psycopg's own words
        elif self.info.transaction_status == TransactionStatus.INERROR:
            self.rollback()  # as the server answers a COMMIT then
        else:
            self.execute(f"RELEASE SAVEPOINT {SAVEPOINT}; SAVEPOINT {SAVEPOINT}")

    def rollback(self) -> None:
        """Undo what was done since the last commit."""
        if self._inside():
            super().rollback()
        else:
            self.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")

    def let_go(self) -> None:
        """Undo everything, and close."""
        with suppress(psycopg.Error):
            if not self.closed:
                super().rollback()
        self.close()

    def _inside(self) -> bool:
        """Tell whether a block of ``transaction()`` is open: psycopg forbids both in it."""
        return bool(getattr(self, "_num_transactions", 0))
