"""What a database of a MySQL or MariaDB consists of, as statements that make another one like it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from juncture.services.things import Thing
from juncture.services.wire.mysql import MysqlConnection, MysqlError, identifier, literal
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["UNFINISHED", "Schema", "Statement", "Table", "copied", "copy", "read", "read_schema", "run", "written"]

_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
"""What `SHOW CREATE TABLE` says of rows, not of the table."""

_VERSIONED = re.compile(r"\bWITH(OUT)? SYSTEM VERSIONING\b")

UNFINISHED = "juncture_unfinished"
"""A table that a copy has until it is whole."""

ROUTINES = ("FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY")

ACTIVE = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})
"""Rules of foreign keys by which the server changes a table that no statement names."""

NOT_YET = frozenset({1146, 1305, 1356, 1370})
"""Errors of a view that needs what is not made yet: no such table, function, invalid view, nor right to a routine."""


class Statement(Value):
    """What makes one object: its sort, name and SQL, the modes that it has to run in, and a trigger's table."""

    sort: str
    name: str
    sql: str
    mode: str = ""
    collation: str = ""
    table: str = ""


class Table(Value):
    """A table with rows: the columns that can be written, whether it counts, and whether it had rows.

    One that can't be restored keeps a history, or a state that no row tells. One that is not ``watched`` can lose all
    its rows at once, which the server does not count.
    """

    name: str
    columns: tuple[str, ...]
    counts: bool
    rows: bool
    restorable: bool
    watched: bool


class Schema(Value):
    """A database: its collation, what is made ``before`` its rows and ``after`` them, and its tables.

    ``cascades`` are a table, one that the server itself changes with it, and what makes it do so: *delete* or *update*.
    """

    collation: str
    before: tuple[Statement, ...]
    after: tuple[Statement, ...]
    tables: tuple[Table, ...]
    cascades: tuple[tuple[str, str, str], ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What stays the same whatever rows come and go."""
        return self.collation, self.things, [each.mode for each in (*self.before, *self.after)]

    @property
    def things(self) -> dict[Thing, str]:
        """Every object and its definition."""
        return {
            Thing(each.sort.lower(), each.name, f"table {each.table}" if each.table else ""): _COUNTER.sub("", each.sql)
            for each in (*self.before, *self.after)
        }


def read(connection: MysqlConnection, database: str) -> Schema:
    """Return what a database consists of. The connection moves to it."""
    connection.query(f"USE {identifier(database)}")
    sorts = {str(name): str(sort) for name, sort in connection.query("SHOW FULL TABLES")}
    before = [_state(connection, name) for name, sort in sorts.items() if sort == "SEQUENCE"]
    tables = []
    columns, counting = _columns(connection)
    for name, sort in sorts.items():
        if sort in {"VIEW", "SEQUENCE"}:
            continue
        sql = str(connection.query(f"SHOW CREATE TABLE {identifier(name)}")[0][1])
        before.append(Statement("TABLE", name, sql))
        rows = connection.value(f"SELECT 1 FROM {identifier(name)} LIMIT 1") is not None  # noqa: S608
        restorable = not _VERSIONED.search(sql)
        counts = name in counting
        tables.append(
            Table(
                name,
                columns.get(name, ()),
                counts=counts,
                rows=rows,
                restorable=restorable,
                watched="ENGINE=InnoDB" in sql,
            )
        )
    tables += [
        Table(name, (), counts=False, rows=False, restorable=False, watched=True)
        for name, sort in sorts.items()
        if sort == "SEQUENCE"
    ]
    before += _routines(connection)
    before += [_view(connection, name) for name, sort in sorts.items() if sort == "VIEW"]
    return Schema(
        str(connection.value("SELECT @@collation_database")),
        tuple(before),
        tuple(_triggers_and_events(connection)),
        tuple(tables),
        tuple(_cascades(connection)),
    )


def copy(connection: MysqlConnection, source: str, name: str, schema: Schema) -> None:
    """Make the database ``name`` out of another one and its schema; the connection moves to it.

    A killed process leaves one that has the table `UNFINISHED`.
    """
    charset = schema.collation.partition("_")[0]
    quoted = identifier(name)
    connection.query(
        f"CREATE DATABASE {quoted} CHARACTER SET {charset} COLLATE {schema.collation}; "
        f"CREATE TABLE {quoted}.{UNFINISHED} (of INT); USE {quoted}"
    )
    _make(connection, schema.before)
    copies = [copied(table, source) for table in schema.tables if table.rows]
    if copies:
        connection.query(f"BEGIN; {'; '.join(copies)}; COMMIT")
    _make(connection, schema.after)  # it would have changed the rows
    connection.query(f"DROP TABLE {UNFINISHED}")


def copied(table: Table, source: str) -> str:
    """Return the statement that copies a table's rows from another database."""
    columns = ", ".join(map(identifier, table.columns))
    name = identifier(table.name)
    return f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {identifier(source)}.{name}"  # noqa: S608


def written(schema: Schema) -> str:
    """Return a schema as JSON."""
    return json.dumps(
        {
            "collation": schema.collation,
            "before": [vars(each) for each in schema.before],
            "after": [vars(each) for each in schema.after],
            "tables": [vars(each) for each in schema.tables],
            "cascades": schema.cascades,
        }
    )


def read_schema(text: str) -> Schema:
    """Return the schema that was written so."""
    found = json.loads(text)
    return Schema(
        found["collation"],
        tuple(Statement(**each) for each in found["before"]),
        tuple(Statement(**each) for each in found["after"]),
        tuple(Table(**(each | {"columns": tuple(each["columns"])})) for each in found["tables"]),
        tuple((parent, child, when) for parent, child, when in found["cascades"]),
    )


def _make(connection: MysqlConnection, statements: Sequence[Statement]) -> None:
    """Run statements, those of views until each has what it needs."""
    waiting = statements
    while waiting:
        postponed: list[Statement] = []
        for statement in waiting:
            try:
                run(connection, statement)
            except MysqlError as error:
                if statement.sort != "VIEW" or error.code not in NOT_YET:
                    raise
                postponed.append(statement)
                failure = error
        if len(postponed) == len(waiting):
            raise failure
        waiting = postponed


def run(connection: MysqlConnection, statement: Statement) -> None:
    """Run a statement in the modes that it was written in."""
    if not statement.mode and not statement.collation:
        connection.query(statement.sql)
        return
    modes = [f"sql_mode = {literal(statement.mode)}"]
    modes += [f"collation_connection = {statement.collation}"] if statement.collation else []
    connection.query("SET @juncture_mode = @@sql_mode, @juncture_collation = @@collation_connection")
    try:
        connection.query(f"SET SESSION {', '.join(modes)}")
        connection.query(statement.sql)
    finally:
        connection.query("SET SESSION sql_mode = @juncture_mode, collation_connection = @juncture_collation")


def _columns(connection: MysqlConnection) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """Return the columns of each table that are not computed, and the tables with a column that counts."""
    rows = connection.query(
        "SELECT TABLE_NAME, COLUMN_NAME, EXTRA LIKE '%auto_increment%' FROM information_schema.COLUMNS "
        "WHERE TABLE_SCHEMA = DATABASE() AND COALESCE(GENERATION_EXPRESSION, '') = '' "
        "ORDER BY TABLE_NAME, ORDINAL_POSITION"
    )
    found: dict[str, tuple[str, ...]] = {}
    for table, column, _ in rows:
        found[str(table)] = (*found.get(str(table), ()), str(column))
    return found, {str(table) for table, _, counts in rows if counts == "1"}


def _state(connection: MysqlConnection, name: str) -> Statement:
    """Return what makes a sequence that goes on where this one is."""
    sql = str(connection.query(f"SHOW CREATE SEQUENCE {identifier(name)}")[0][1])
    following = connection.value(f"SELECT next_not_cached_value FROM {identifier(name)}")  # noqa: S608
    return Statement("SEQUENCE", name, f"{sql}; DO SETVAL({identifier(name)}, {following}, 0)")


def _view(connection: MysqlConnection, name: str) -> Statement:
    _, sql, _, collation = connection.query(f"SHOW CREATE VIEW {identifier(name)}")[0]
    return Statement("VIEW", name, str(sql), "", str(collation))


def _routines(connection: MysqlConnection) -> Iterator[Statement]:
    names = connection.query(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"
    )
    found = [(str(sort), str(name)) for sort, name in names]
    for sort, name in sorted(found, key=lambda each: (ROUTINES.index(each[0]), each[1])):
        _, mode, sql, _, collation, *_ = connection.query(f"SHOW CREATE {sort} {identifier(name)}")[0]
        yield Statement(sort, name, str(sql), str(mode), str(collation))


def _triggers_and_events(connection: MysqlConnection) -> Iterator[Statement]:
    triggers = connection.query(
        "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() "
        "ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER"
    )
    for name, table in triggers:
        _, mode, sql, _, collation, *_ = connection.query(f"SHOW CREATE TRIGGER {identifier(str(name))}")[0]
        yield Statement("TRIGGER", str(name), str(sql), str(mode), str(collation), str(table))
    events = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1"
    for (name,) in connection.query(events):
        _, mode, _, sql, _, collation, *_ = connection.query(f"SHOW CREATE EVENT {identifier(str(name))}")[0]
        yield Statement("EVENT", str(name), str(sql), str(mode), str(collation))


def _cascades(connection: MysqlConnection) -> Iterator[tuple[str, str, str]]:
    rules = connection.query(
        "SELECT DISTINCT REFERENCED_TABLE_NAME, TABLE_NAME, DELETE_RULE, UPDATE_RULE "
        "FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY 1, 2"
    )
    for parent, child, delete, update in ([str(value) for value in rule] for rule in rules):
        if delete in ACTIVE:
            yield parent, child, "delete"
        if update in ACTIVE:
            yield parent, child, "update"
