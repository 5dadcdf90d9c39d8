"""Put a new clone in the place of a worker's database, under the same name: its URL stays what it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from juncture.isolation.reset.sessions import cut_off
from juncture.services.wire.postgres import PostgresError, identifier

if TYPE_CHECKING:
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["take_over"]

IN_USE, CANCELED = "55006", "57014"
"""SQLSTATEs: object_in_use, query_canceled."""

STEP, PATIENCE = 3, 10.0
"""Milliseconds of the first try, as the server itself would look for sessions only every 100 ms; seconds for all."""


def take_over(connection: PostgresConnection, *, name: str, clone: str, old: str) -> None:
    """Rename ``name`` to ``old`` and ``clone`` to ``name`` at once, after ending the sessions of ``name``.

    The connection is one to another database of the server. Nobody ever sees the name without a database.
    """
    renames = (
        f"ALTER DATABASE {identifier(name)} RENAME TO {identifier(old)}; "
        f"ALTER DATABASE {identifier(clone)} RENAME TO {identifier(name)}"
    )
    step, deadline = STEP, time.monotonic() + PATIENCE
    while True:
        cut_off(connection, name)
        try:
            connection.query(f"BEGIN; SET LOCAL statement_timeout = {step}; {renames}; COMMIT")
        except PostgresError as error:
            connection.query("ROLLBACK")
            # A session may be gone from the list and not yet from the database, or a pool just connected again.
            if error.state not in {IN_USE, CANCELED} or time.monotonic() > deadline:
                raise
            step = min(2 * step, 1000)
        else:
            return
