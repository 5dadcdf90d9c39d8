"""What a MySQL or MariaDB server is doing for some of its databases: for people whose test hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services.wire.mysql import literal

if TYPE_CHECKING:
    from collections.abc import Collection

    from juncture.services.wire.mysql import MysqlConnection, Row

__all__ = ["activity"]

LONGEST = 400
"""Characters of one statement that are shown."""

_SQL = """
SELECT p.ID, p.COMMAND, p.TIME, p.STATE, t.TRX_STATE, TIMESTAMPDIFF(SECOND, t.TRX_STARTED, NOW()), p.DB, p.INFO
FROM information_schema.PROCESSLIST p LEFT JOIN information_schema.INNODB_TRX t ON t.TRX_MYSQL_THREAD_ID = p.ID
WHERE p.ID <> CONNECTION_ID() AND p.DB IN ({names}) ORDER BY p.ID
"""


def activity(connection: MysqlConnection, databases: Collection[str]) -> list[str]:
    """Return a line for each other client of the databases: what it does, and the transaction that it has open."""
    names = ", ".join(map(literal, sorted(databases)))
    return [_line(row, several=len(databases) > 1) for row in connection.query(_SQL.format(names=names))]


def _line(row: Row, *, several: bool) -> str:
    number, command, seconds, state, transaction, age, database, statement = (each or "" for each in row)
    parts = [f"connection {number} is {'idle' if command == 'Sleep' else command.lower()} for {seconds} s"]
    parts += [state.lower()] if state else []
    if transaction:
        waiting = ", which waits for a lock" if transaction == "LOCK WAIT" else ""
        parts.append(f"with a transaction of {age} s{waiting}")
    parts += [f"in {database}"] if several else []
    shown = " ".join(statement.split())
    return ", ".join(parts) + (f": {shown[:LONGEST]}{'...' if len(shown) > LONGEST else ''}" if shown else "")
