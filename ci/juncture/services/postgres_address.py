"""Where a database of a PostgreSQL is: its URL, its endpoint, and a connection to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from juncture.services.addresses import authority, parameters
from juncture.services.wire.postgres import PostgresConnection

if TYPE_CHECKING:
    from juncture.model import Endpoint

__all__ = ["at", "connect", "url"]


def connect(endpoint: Endpoint, database: str = "", *, timeout: float = 5.0) -> PostgresConnection:
    """Return a connection to ``database`` (the endpoint's own where empty)."""
    return PostgresConnection(
        endpoint.host,
        endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        database=database or endpoint.database,
        timeout=timeout,
    )


def url(endpoint: Endpoint) -> str:
    """Return the URL in libpq's form."""
    return f"postgresql://{authority(endpoint)}/{quote(endpoint.database, safe='')}{parameters(endpoint)}"


def at(endpoint: Endpoint, database: str) -> Endpoint:
    """Return the endpoint of another database on the same server."""
    moved = replace(endpoint, database=database)
    return replace(moved, url=url(moved))
