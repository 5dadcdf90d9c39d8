"""The databases of a MySQL or MariaDB: neither copies one by itself, so a template holds the statements that do.

The rows are copied from table to table inside the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import StateError
from juncture.services.databases import Databases
from juncture.services.mysql_address import administer, at, connect
from juncture.services.mysql_reset import MysqlRestorer
from juncture.services.mysql_schema import UNFINISHED, copy, read
from juncture.services.mysql_seal import is_sealed, sealed_schema, write_seal
from juncture.services.wire.mysql import MysqlConnection, MysqlError, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint
    from juncture.services.things import Thing

__all__ = ["DATABASES", "clone", "drop", "listed"]

SEEDED_WITHIN = 600.0
"""Seconds of silence that one file of SQL, and one statement of a copy, may keep."""

DROPPED_WITHIN = 5
"""Seconds that a statement which goes on may hold a database up."""

SYNTAX, LOCKED, GONE = 1064, 1205, 1094
"""Numbers of errors; the last is that of a connection which ended before it was cut off."""


def clone(admin: Endpoint, template: str, name: str) -> None:
    """Create the database ``name`` from a sealed template, or an empty one where ``template`` is empty."""
    with administer(admin, timeout=SEEDED_WITHIN) as connection:
        if not template:
            connection.query(f"CREATE DATABASE {identifier(name)}")
            return
        copy(connection, template, name, sealed_schema(connection, template))


def drop(admin: Endpoint, name: str, *, force: bool) -> bool:
    """Drop a database; return False where somebody is connected and ``force`` is not given."""
    assert admin.provider != "external" or name.startswith("jx"), name  # noqa: S101 - what follows destroys
    with administer(admin) as connection:
        connection.query(f"SET SESSION lock_wait_timeout = {DROPPED_WITHIN}")
        users = _users(connection, name)
        if users and not force:
            return False
        for number in users:
            _cut_off(connection, number)
        try:
            connection.query(f"DROP DATABASE IF EXISTS {identifier(name)}")
        except MysqlError as error:
            if error.code == LOCKED and not force:
                return False
            raise
    return True


def listed(admin: Endpoint, prefixes: Collection[str]) -> dict[str, bool]:
    """Return the databases whose names begin so, sorted, and of each whether somebody is connected to it."""
    with administer(admin) as connection:
        wanted = _named("SCHEMA_NAME", prefixes)
        rows = connection.query(
            f"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE {wanted} ORDER BY 1"  # noqa: S608
        )
        connected = {name for (name,) in connection.query("SELECT DB FROM information_schema.PROCESSLIST")}
    return {str(name): name in connected for (name,) in rows}


def whole(admin: Endpoint, name: str) -> bool:
    """Tell whether there is a database of that name, and nobody was killed while it was made."""
    with administer(admin) as connection:
        tables = connection.query(
            "SELECT TABLE_NAME FROM information_schema.SCHEMATA LEFT JOIN information_schema.TABLES "  # noqa: S608
            f"ON TABLE_SCHEMA = SCHEMA_NAME AND TABLE_NAME = '{UNFINISHED}' WHERE SCHEMA_NAME = {literal(name)}"
        )
    return tables == [(None,)]


def sizes(admin: Endpoint, prefixes: Collection[str], timeout: float) -> Mapping[str, int | None]:
    """Return the bytes of the databases whose names begin so."""
    with administer(admin, timeout=timeout) as connection:
        rows = connection.query(
            "SELECT SCHEMA_NAME, SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.SCHEMATA "  # noqa: S608
            "LEFT JOIN information_schema.TABLES ON TABLE_SCHEMA = SCHEMA_NAME "
            f"WHERE {_named('SCHEMA_NAME', prefixes)} GROUP BY 1 ORDER BY 1"
        )
    return {str(name): int(size or 0) for name, size in rows}


def sealed(admin: Endpoint, name: str) -> bool:
    """Tell whether there is a template of that name."""
    with administer(admin) as connection:
        return is_sealed(connection, name)


def seal(admin: Endpoint, workshop: str, name: str, comment: str) -> None:
    """Copy the database ``workshop`` to a template, which is none until its seal is there, and drop it."""
    with administer(admin, timeout=SEEDED_WITHIN) as connection:
        copy(connection, workshop, name, read(connection, workshop))
        write_seal(connection, name, read(connection, name), comment)
    drop(admin, workshop, force=True)


def retire(admin: Endpoint, name: str) -> bool:
    """Drop a template; return False where somebody is connected to it."""
    return drop(admin, name, force=False)


def run(database: Endpoint, sql: str, where: str) -> None:
    """Run SQL in a database; raise `StateError`, which names ``where`` it comes from, with the server's words."""
    with connect(database, timeout=SEEDED_WITHIN) as connection:
        try:
            connection.query(sql)
        except MysqlError as error:
            hint = "a seed file is plain SQL: the client's own commands, such as DELIMITER, are not"
            raise StateError(str(error), where=where, hint=hint if error.code == SYNTAX else "") from None


def describe(database: Endpoint) -> Mapping[Thing, str]:
    """Return every object of a database, and the statement that makes it."""
    with administer(database) as connection:
        return read(connection, database.database).things


def _users(connection: MysqlConnection, name: str) -> list[str]:
    sql = f"SELECT ID FROM information_schema.PROCESSLIST WHERE DB = {literal(name)}"  # noqa: S608
    return [str(number) for (number,) in connection.query(sql)]


def _cut_off(connection: MysqlConnection, number: str) -> None:
    try:
        connection.query(f"KILL {number}")
    except MysqlError as error:
        if error.code != GONE:
            raise


def _named(column: str, prefixes: Collection[str]) -> str:
    return " OR ".join(f"LEFT({column}, {len(prefix)}) = {literal(prefix)}" for prefix in prefixes)


DATABASES = Databases(
    at=at,
    clone=clone,
    drop=drop,
    listed=listed,
    whole=whole,
    sizes=sizes,
    sealed=sealed,
    seal=seal,
    retire=retire,
    run=run,
    describe=describe,
    restorer=MysqlRestorer,
)
