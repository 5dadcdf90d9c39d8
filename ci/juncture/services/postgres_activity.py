"""What a PostgreSQL server is doing for some of its databases: for people whose test hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services.wire.postgres import literal

if TYPE_CHECKING:
    from collections.abc import Collection

    from juncture.services.wire.postgres import PostgresConnection, Row

__all__ = ["activity"]

LONGEST = 400
"""Characters of one statement that are shown."""

_SQL = """
SELECT pid, coalesce(state, 'in an unknown state'),
       extract(epoch FROM clock_timestamp() - CASE state WHEN 'active' THEN query_start ELSE state_change END)::numeric(12, 1),
       CASE WHEN state = 'active' THEN concat_ws(' ', wait_event_type, wait_event) END,
       array_to_string(pg_blocking_pids(pid), ', '), datname, application_name, query
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname IN ({names})
ORDER BY backend_start, pid
"""  # noqa: E501


def activity(connection: PostgresConnection, databases: Collection[str]) -> list[str]:
    """Return a line for each other client of the databases: its state, what it waits for and who holds that up."""
    names = ", ".join(map(literal, sorted(databases)))
    return [_line(row, several=len(databases) > 1) for row in connection.query(_SQL.format(names=names))]


def _line(row: Row, *, several: bool) -> str:
    pid, state, seconds, waits, blockers, database, program, statement = (each or "" for each in row)
    parts = [f"pid {pid} is {state}" + (f" for {seconds} s" if seconds else "")]
    parts += [f"waits for {waits}"] if waits else []
    parts += [f"is blocked by pid {blockers}"] if blockers else []
    parts += [f"in {database}"] if several else []
    parts += [f"of {program}"] if program else []
    shown = " ".join(statement.split())
    return f"{', '.join(parts)}: {shown[:LONGEST]}{'...' if len(shown) > LONGEST else ''}"
