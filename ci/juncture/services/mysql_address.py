"""Where a database of a MySQL or MariaDB is: its URL, its endpoint, and a connection to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from juncture.services.addresses import authority, parameters
from juncture.services.wire.mysql import MysqlConnection, MysqlError

if TYPE_CHECKING:
    from juncture.model import Endpoint

__all__ = ["administer", "at", "connect", "url"]

MODE = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, sql_quote_show_create = 1"
"""The session in which a schema reads as it can be run again, and rows go in as they are."""

UNSEEN = "UPDATE performance_schema.threads SET INSTRUMENTED = 'NO' WHERE PROCESSLIST_ID = CONNECTION_ID()"

EXACT = "SET SESSION information_schema_stats_expiry = 0"
"""MySQL tells a table's counter as it was a day ago; MariaDB does not, and has no such setting."""


def connect(endpoint: Endpoint, *, timeout: float = 5.0) -> MysqlConnection:
    """Return a connection to the endpoint's database, in the server's usual modes."""
    return MysqlConnection(
        endpoint.host,
        endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        database=endpoint.database,
        timeout=timeout,
        trusted=endpoint.provider != "embedded",
    )


def administer(admin: Endpoint, *, timeout: float = 60.0) -> MysqlConnection:
    """Return a connection to the server that copies what is there, and to no database.

    What it does is counted by no counter of the performance schema, where its user may say so: those tell what tests
    did.
    """
    connection = connect(replace(admin, database=""), timeout=timeout)
    try:
        connection.query(MODE)
        for setting in (UNSEEN, EXACT):
            with suppress(MysqlError):
                connection.query(setting)
    except BaseException:
        connection.close()
        raise
    return connection


def url(endpoint: Endpoint) -> str:
    """Return the URL as most clients read it."""
    return f"mysql://{authority(endpoint)}/{quote(endpoint.database, safe='')}{parameters(endpoint)}"


def at(endpoint: Endpoint, database: str) -> Endpoint:
    """Return the endpoint of another database on the same server."""
    moved = replace(endpoint, database=database)
    return replace(moved, url=url(moved))
