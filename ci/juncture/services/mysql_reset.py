"""Bring a worker's database back to its template between two tests: only what was touched is put right.

The server's own counters tell which tables were written to: those of the performance schema, in which our own
connections do not count. What a foreign key does is not counted, and is added from the schema; neither is what becomes
of a schema, so that statements are counted too.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from juncture.services.mysql_address import administer
from juncture.services.mysql_schema import Table, copied, copy, read, run
from juncture.services.mysql_seal import sealed_schema, write_seal
from juncture.services.mysql_watch import Watch
from juncture.services.wire.mysql import MysqlConnection, MysqlError, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.model import Endpoint

__all__ = ["MysqlRestorer"]

LOCK_WAIT, PATIENCE = 0, 10
"""Seconds that somebody may hold a row or a table before he is looked for, and that what the server itself does may.

MySQL takes 1 for 0, MariaDB does not wait at all.
"""

GRACE = 0.11
"""Seconds after which it is tried again: InnoDB tells of transactions as they were a tenth of a second ago."""

LOCKED, DEADLOCK, GONE = 1205, 1213, 1094
"""Numbers of errors; the last is that of a connection which ended before it was cut off."""

_OPEN = "ID IN (SELECT TRX_MYSQL_THREAD_ID FROM information_schema.INNODB_TRX"
IN_THE_WAY = (
    f" AND COMMAND = 'Sleep' AND {_OPEN} WHERE TRX_ROWS_LOCKED > 0)",
    f" AND {_OPEN} WHERE TRX_ROWS_LOCKED > 0)",
    f" AND {_OPEN})",
    "",
)
"""Whose connection is cut off, each time that something is held up: who left a transaction open that locks rows, any
that does, who reads some, anybody else."""


class MysqlRestorer:
    """One database, its template, and a connection of our own to the server."""

    def __init__(self, admin: Endpoint, template: str, name: str) -> None:
        """Look at a database that was just cloned from the template."""
        self._admin = admin
        self._template = template
        self._name = name
        self._connection: MysqlConnection | None = None
        self._open()

    def restore(self, *, fresh: bool = False) -> Literal["nothing", "rows", "fresh"]:
        """Make the database what its template is, ``fresh`` by a new copy of it, and return what that took.

        Its users stay connected, but for those whose open transaction holds what has to be changed.
        """
        known = self._connection is not None
        try:
            connection = self._open()
            touched = self._touched(connection) if known and not fresh else None
            if touched is None or not all(table.restorable for table in touched):
                return self._fresh(connection)
            if not touched:
                return "nothing"
            try:
                self._put_back(connection, touched)
            except MysqlError:  # a table that does not go back on its own: a copy does
                return self._fresh(connection)
        except OSError:  # the server was started again since
            self.close()
            return self._fresh(self._open())
        return "rows"

    def changed(self) -> bool:
        """Tell whether something was done to the database since it was what its template is."""
        return self._touched(self._open()) != []

    def keep(self, name: str) -> None:
        """Copy the database as it is to another one of that name, which is its template from now on."""
        connection = self._open()
        copy(connection, self._name, name, read(connection, self._name))
        self._template, self._schema = name, read(connection, name)
        write_seal(connection, name, self._schema, f"what {self._name} was when its tests began")
        self._begin(connection)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection:
            with suppress(OSError):
                connection.__exit__()

    def _open(self) -> MysqlConnection:
        if self._connection is None:
            made = administer(self._admin)
            try:
                self._schema = sealed_schema(made, self._template)
                made.query(_waiting(PATIENCE))
                self._begin(made)
            except BaseException:
                made.close()
                raise
            self._connection = made
        return self._connection

    def _begin(self, connection: MysqlConnection) -> None:
        """Take what is there for what it has to be."""
        with suppress(MysqlError):  # where somebody dropped it
            connection.query(f"USE {identifier(self._name)}")
        self._watch = Watch(connection, self._name)
        self._counters = self._counters_of(connection, self._schema.tables)

    def _touched(self, connection: MysqlConnection) -> list[Table] | None:
        """Return the tables that tests wrote to; None where they changed the schema."""
        found = self._watch.look(connection)
        if found.statements and not self._has_its_shape(connection):
            return None
        if found.tables is None:
            return list(self._schema.tables)
        cascades = self._schema.cascades
        counters = self._counters_of(connection, self._schema.tables)
        names = found.tables.keys() | {table.name for table in self._schema.tables if not table.watched}
        reached = {child for parent, child, when in cascades if when in found.tables.get(parent, ())}
        while more := {child for parent, child, _ in cascades if parent in reached} - reached:
            reached |= more  # whatever was counted of a table: what a key did to it was not
        names |= reached
        # A second witness of inserts: the first one was seen to miss those of a process that was killed.
        names |= {name for name, counter in counters.items() if counter != self._counters.get(name)}
        return [table for table in self._schema.tables if table.name in names]

    def _has_its_shape(self, connection: MysqlConnection) -> bool:
        try:
            return read(connection, self._name).shape == self._schema.shape
        except MysqlError:  # a view that lost its table can't even be shown
            return False

    def _put_back(self, connection: MysqlConnection, touched: list[Table]) -> None:
        names = {table.name for table in touched}
        triggers = [each for each in self._schema.after if each.sort == "TRIGGER" and each.table in names]
        statements = [f"DROP TRIGGER IF EXISTS {identifier(each.name)}" for each in triggers]
        statements += ["BEGIN"]
        statements += [f"DELETE FROM {identifier(table.name)}" for table in touched]  # noqa: S608
        statements += [copied(table, self._template) for table in touched if table.rows]
        statements += ["COMMIT"]
        self._insist(connection, "; ".join(statements))
        for trigger in triggers:
            run(connection, trigger)
        now = self._counters_of(connection, touched)
        moved = [name for name, counter in now.items() if counter != self._counters[name]]
        if moved:
            alter = (f"ALTER TABLE {identifier(name)} AUTO_INCREMENT = {self._counters[name] or 1}" for name in moved)
            self._insist(connection, "; ".join(alter))

    def _counters_of(self, connection: MysqlConnection, tables: Iterable[Table]) -> dict[str, str | None]:
        """Return what each table that counts will give its next row."""
        names = ", ".join(literal(table.name) for table in tables if table.counts)
        if not names:
            return {}
        rows = connection.query(
            "SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES "  # noqa: S608
            f"WHERE TABLE_SCHEMA = {literal(self._name)} AND TABLE_NAME IN ({names})"
        )
        return {str(name): counter for name, counter in rows}

    def _insist(self, connection: MysqlConnection, sql: str) -> None:
        """Run statements that can be run again; cut off whose open transaction holds them up."""
        for who in IN_THE_WAY:
            try:
                connection.query(f"{_waiting(LOCK_WAIT)}; {sql}; {_waiting(PATIENCE)}")
            except MysqlError as error:
                connection.query(f"ROLLBACK; {_waiting(PATIENCE)}")
                if error.code not in {LOCKED, DEADLOCK}:
                    raise
                time.sleep(GRACE)
                self._cut_off(connection, who)
            else:
                return
        connection.query(sql)

    def _cut_off(self, connection: MysqlConnection, who: str) -> None:
        """End connections to the database, but not ours."""
        sql = f"SELECT ID FROM information_schema.PROCESSLIST WHERE DB = {literal(self._name)}"  # noqa: S608
        for (number,) in connection.query(f"{sql} AND ID <> CONNECTION_ID(){who}"):
            try:
                connection.query(f"KILL {number}")
            except MysqlError as error:
                if error.code != GONE:
                    raise

    def _fresh(self, connection: MysqlConnection) -> Literal["fresh"]:
        """Make the database anew, under its name."""
        self._insist(connection, f"DROP DATABASE IF EXISTS {identifier(self._name)}")
        copy(connection, self._template, self._name, self._schema)
        self._begin(connection)
        return "fresh"


def _waiting(seconds: int) -> str:
    """Return the statement that sets how long locks are waited for."""
    return f"SET SESSION lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}"
