"""The databases of a PostgreSQL: a template is one that accepts no connection, and the server itself copies it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from juncture.errors import StateError
from juncture.services.databases import Databases
from juncture.services.postgres_address import at, connect
from juncture.services.postgres_schema import schema_of
from juncture.services.wire.postgres import PostgresConnection, PostgresError, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint

__all__ = ["DATABASES", "clone", "create", "drop", "listed"]

SEEDED_WITHIN = 600.0
"""Seconds of silence that one file of SQL may keep."""

IN_USE, MISSING, SYNTAX = "55006", "3D000", "42601"
"""SQLSTATEs: object_in_use, invalid_catalog_name, syntax_error."""

FILE_COPY_SINCE = 150000
"""The first ``server_version_num`` with CREATE DATABASE ... STRATEGY."""


def clone(admin: Endpoint, template: str, name: str) -> None:
    """Create the database ``name`` from a sealed template, or an empty one where ``template`` is empty."""
    with connect(admin, timeout=60.0) as connection:
        create(connection, template, name)


def create(connection: PostgresConnection, template: str, name: str) -> None:
    """Do what `clone` does, on a connection that is there."""
    connection.query(f"CREATE DATABASE {identifier(name)} {_source(connection, template)}")


def drop(admin: Endpoint, name: str, *, force: bool) -> bool:
    """Drop a database; return False where somebody is connected and ``force`` is not given."""
    assert admin.provider != "external" or name.startswith("jx"), name  # noqa: S101 - what follows destroys
    with connect(admin, timeout=60.0) as connection:
        try:
            connection.query(f"DROP DATABASE IF EXISTS {identifier(name)}{' WITH (FORCE)' if force else ''}")
        except PostgresError as error:
            if error.state == IN_USE:
                return False
            raise
    return True


def listed(admin: Endpoint, prefixes: Collection[str]) -> dict[str, bool]:
    """Return the databases whose names begin so, sorted, and of each whether somebody is connected to it."""
    with connect(admin) as connection:
        names = [name for (name,) in connection.query(_named("datname", prefixes)) if name]
        connected = {name for (name,) in connection.query("SELECT datname FROM pg_stat_activity")} if names else set()
    return {name: name in connected for name in names}


def whole(admin: Endpoint, name: str) -> bool:
    """Tell whether there is a database of that name: the server makes it at once or not at all."""
    return name in listed(admin, [name])


def sizes(admin: Endpoint, prefixes: Collection[str], timeout: float) -> Mapping[str, int | None]:
    """Return the bytes of the databases whose names begin so."""
    with connect(admin, timeout=timeout) as connection:
        rows = connection.query(_named("datname, pg_database_size(datname)", prefixes))
    return {str(name): int(size or 0) for name, size in rows}


def sealed(admin: Endpoint, name: str) -> bool:
    """Tell whether there is a template of that name."""
    sql = f"SELECT datistemplate AND NOT datallowconn FROM pg_database WHERE datname = {literal(name)}"  # noqa: S608
    with connect(admin) as connection:
        return connection.value(sql) == "t"


def seal(admin: Endpoint, workshop: str, name: str, comment: str) -> None:
    """Give the database ``workshop`` its name as a template, and let nobody in from now on."""
    with connect(admin, timeout=60.0) as connection:
        _retry(connection, f"ALTER DATABASE {identifier(workshop)} RENAME TO {identifier(name)}")
        connection.query(f"COMMENT ON DATABASE {identifier(name)} IS {literal(comment)}")
        connection.query(f"ALTER DATABASE {identifier(name)} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")


def retire(admin: Endpoint, name: str) -> bool:
    """Drop a template; return False where it is being cloned, or is gone."""
    assert admin.provider != "external" or name.startswith("jx"), name  # noqa: S101 - what follows destroys
    with connect(admin, timeout=60.0) as connection:
        try:
            connection.query(f"ALTER DATABASE {identifier(name)} WITH IS_TEMPLATE false")
            connection.query(f"DROP DATABASE {identifier(name)}")
        except PostgresError as error:
            if error.state not in {IN_USE, MISSING}:
                raise
            if error.state == IN_USE:  # it stays, and so does its seal
                connection.query(f"ALTER DATABASE {identifier(name)} WITH IS_TEMPLATE true")
            return False
    return True


def run(database: Endpoint, sql: str, where: str) -> None:
    """Run SQL in a database; raise `StateError`, which names ``where`` it comes from, with the server's words."""
    with connect(database, timeout=SEEDED_WITHIN) as connection:
        try:
            connection.query(sql)
        except PostgresError as error:
            hint = "a seed file is plain SQL: psql's backslash commands are not" if error.state == SYNTAX else ""
            raise StateError(str(error), where=where, hint=hint) from None


def _retry(connection: PostgresConnection, sql: str) -> None:
    # A client that just closed its connection is counted until its backend has gone.
    deadline = time.monotonic() + 5.0
    while True:
        try:
            connection.query(sql)
        except PostgresError as error:
            if error.state != IN_USE or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _named(columns: str, prefixes: Collection[str]) -> str:
    matches = " OR ".join(f"starts_with(datname, {literal(prefix)})" for prefix in prefixes)
    return f"SELECT {columns} FROM pg_database WHERE {matches} ORDER BY 1"  # noqa: S608


def _source(connection: PostgresConnection, template: str) -> str:
    number = int(connection.value("SHOW server_version_num") or 0)
    cheap = number >= FILE_COPY_SINCE and connection.value("SHOW fsync") == "off"
    return f"TEMPLATE {identifier(template or 'template0')}" + (" STRATEGY FILE_COPY" if cheap else "")


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
    describe=schema_of,
)
