"""What tests did to a database since the last look, by the server's own counters."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from juncture.services.wire.mysql import MysqlConnection, MysqlError, literal
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Findings", "Watch"]

COMMANDS = (
    "SHOW GLOBAL STATUS WHERE Variable_name REGEXP "
    "'^Com_(create|alter|drop|rename|truncate)|^Performance_schema_table_(instances|handles)_lost'"
)
"""How often anybody changed a schema on this server, ourselves included; it is counted before the answer is sent."""

STATEMENTS = (
    "SELECT SUM(COUNT_STAR) FROM performance_schema.events_statements_summary_global_by_event_name WHERE EVENT_NAME "
    "REGEXP '^statement/(sql/(create|alter|drop|rename|truncate|call|execute)|com/Execute|scheduler)'"
)
"""How often anybody but ourselves did, or may have; it is counted a moment after the answer is sent."""

BUSY = (
    "SELECT 1 FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Query', 'Execute') AND ID <> CONNECTION_ID() "
    "LIMIT 1"
)
"""Whether a statement runs, or just ends."""

DOINGS, NONE = ("insert", "update", "delete"), (0, 0, 0)
"""What the server counts, in the order of its columns, and the counts of a table that it has not met."""

SETTLED_WITHIN = 0.05
"""Seconds within which a statement that was answered is counted, however busy the machine is."""


class Findings(Value):
    """The tables that were written to, with what was done: *insert*, *update*, *delete*; None for all of them.

    ``statements`` says that some may have changed a schema.
    """

    tables: Mapping[str, frozenset[str]] | None
    statements: bool


class Watch:
    """The counters of one database."""

    def __init__(self, connection: MysqlConnection, database: str) -> None:
        """Read them for the first time."""
        self._writes = (
            "SELECT OBJECT_NAME, COUNT_INSERT, COUNT_UPDATE, COUNT_DELETE "  # noqa: S608
            "FROM performance_schema.table_io_waits_summary_by_table "
            f"WHERE OBJECT_SCHEMA = {literal(database)} AND COUNT_WRITE > 0"
        )
        self._exact = _is_exact(connection)
        self._commands, self._lost = _commands(connection)
        self._statements = connection.value(STATEMENTS) if self._exact else None
        self._counts = self._counted(connection)

    def look(self, connection: MysqlConnection) -> Findings:
        """Return what was done since the last look."""
        commands, lost = _commands(connection)
        statements = commands != self._commands
        if not self._exact:
            self._commands = commands
            return Findings(None, statements)
        counts, before = self._counted(connection), self._counts
        tables = {name: _done(before.get(name, NONE), counts.get(name, NONE)) for name in counts.keys() | before.keys()}
        if statements:
            statements = self._others_changed_something(connection)
        self._commands, self._counts = commands, counts
        if statements or lost != self._lost:
            self._lost = lost
            return Findings(None, statements)
        return Findings({name: done for name, done in tables.items() if done}, statements)

    def _others_changed_something(self, connection: MysqlConnection) -> bool:
        """Tell whether a statement was counted that is not ours; wait a moment for one that is just ending."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while True:
            counted = connection.value(STATEMENTS)
            if counted != self._statements:
                self._statements = counted
                return True
            if connection.value(BUSY) is None or time.monotonic() > deadline:
                counted = connection.value(STATEMENTS)
                changed, self._statements = counted != self._statements, counted
                return changed

    def _counted(self, connection: MysqlConnection) -> Mapping[str, tuple[int, ...]]:
        rows = connection.query(self._writes) if self._exact else []
        return {str(name): tuple(int(each or 0) for each in counts) for name, *counts in rows}


def _done(before: tuple[int, ...], now: tuple[int, ...]) -> frozenset[str]:
    """Return what was done to a table; a counter that went back was that of a table which is no more."""
    if any(count < earlier for count, earlier in zip(now, before, strict=True)):
        return frozenset(DOINGS)
    return frozenset(what for what, count, earlier in zip(DOINGS, now, before, strict=True) if count != earlier)


def _is_exact(connection: MysqlConnection) -> bool:
    """Tell whether the server counts what others do, and nothing of what this connection does."""
    try:
        row = connection.query(
            "SELECT @@performance_schema, (SELECT INSTRUMENTED FROM performance_schema.threads "
            "WHERE PROCESSLIST_ID = CONNECTION_ID()), (SELECT ENABLED FROM performance_schema.setup_instruments "
            "WHERE NAME = 'wait/io/table/sql/handler')"
        )[0]
    except MysqlError:
        return False
    return row == ("1", "NO", "YES")


def _commands(connection: MysqlConnection) -> tuple[int, int]:
    """Return how many statements changed a schema, and how many tables the server has no counters for."""
    rows = [(str(name), int(value or 0)) for name, value in connection.query(COMMANDS)]
    commands = sum(value for name, value in rows if name.startswith("Com_") and "temporary" not in name)
    return commands, sum(value for name, value in rows if not name.startswith("Com_"))
