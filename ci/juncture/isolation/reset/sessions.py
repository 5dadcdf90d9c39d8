"""Find the sessions that have a transaction open on a database, and end those that are in the way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from juncture.services.wire.postgres import PostgresError, literal
from juncture.values import Value

if TYPE_CHECKING:
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["Left", "cut_off", "end_open", "left_open"]

GRACE = 0.1
"""Seconds that a transaction may be about to end in: some statement's answer may just be on its way."""

GONE = 5.0
"""Seconds that a terminated session may take to go."""

SHOWN = 200
"""Characters of a statement that are shown."""

_OTHERS = (
    "FROM pg_stat_get_activity(NULL) a WHERE datid = (SELECT oid FROM pg_database WHERE datname = {database}) "
    "AND pid <> pg_backend_pid()"
)

IDLE = "AND state LIKE 'idle in transaction%'"


class Left(Value):
    """A transaction that was left open: ``key`` is the same as long as it is the same one."""

    key: str
    statement: str


def left_open(connection: PostgresConnection, database: str) -> list[Left]:
    """Return the transactions in which nobody does anything, and nobody does for a tenth of a second."""
    found = _open(connection, database)
    deadline = time.monotonic() + GRACE
    while found and time.monotonic() < deadline:
        time.sleep(0.005)
        now = {left.key for left in _open(connection, database)}
        found = [left for left in found if left.key in now]
    return found


def end_open(connection: PostgresConnection, database: str) -> int:
    """End every other session of a database that is in a transaction, and return how many there were."""
    rows = connection.query(
        f"SELECT pg_terminate_backend(pid) {_OTHERS.format(database=literal(database))} AND xact_start IS NOT NULL"
    )
    return len(rows)


def cut_off(connection: PostgresConnection, database: str) -> None:
    """End every other session of a database, and return when they are gone."""
    others = _OTHERS.format(database=literal(database))
    deadline = time.monotonic() + GONE
    while connection.query(f"SELECT pg_terminate_backend(pid) {others}"):
        if time.monotonic() > deadline:
            state = "55006"
            raise PostgresError(state, f"sessions of the database {database} do not end")
        time.sleep(0.0002)


def _open(connection: PostgresConnection, database: str) -> list[Left]:
    rows = connection.query(
        f"SELECT pid || '@' || xact_start, query {_OTHERS.format(database=literal(database))} {IDLE}"
    )
    return [Left(key or "", " ".join((query or "").split())[:SHOWN]) for key, query in rows]
