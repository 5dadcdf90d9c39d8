"""Which services are reset, and what has to be done for that while their databases are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.isolation.reset import tracking
from juncture.services.postgres_address import connect
from juncture.services.wire.postgres import PostgresError

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.model import Endpoint

__all__ = ["extensions", "has_way_back", "is_reset", "key_of", "limits", "track", "untrack"]

PATIENCE = 60.0
"""Seconds that one step of it may take."""


def is_reset(service: Service) -> bool:
    """Tell whether a service's database goes back to its template by what is done for that here: a Postgres's."""
    return service.kind == "postgres" and has_way_back(service)


def has_way_back(service: Service) -> bool:
    """Tell whether a database is to go back to its template: there has to be something to go back to."""
    return service.reset == "auto" and bool(service.migrate or service.seed)


def key_of(service: Service) -> str:
    """Return what a template's fingerprint has to hold of this."""
    return f"tracked {tracking.VERSION}" if is_reset(service) else ""


def track(database: Endpoint) -> None:
    """Have a finished database note what is written to it; where the role may not do that, leave it as it is."""
    with connect(database, timeout=PATIENCE) as connection:
        try:
            tracking.install(connection)
        except PostgresError as error:
            if error.state != tracking.DENIED:
                raise


def extensions(admin: Endpoint) -> str:
    """Return the extensions that a server could install, with their versions: a template may have been made of them."""
    if admin.kind != "postgres":
        return ""
    sql = "SELECT string_agg(name || ' ' || default_version, ', ' ORDER BY name) FROM pg_available_extensions"
    with connect(admin) as connection:
        return connection.value(sql) or ""


def untrack(database: Endpoint) -> None:
    """Take everything of ours out of a database that people work in by hand."""
    with connect(database, timeout=PATIENCE) as connection:
        tracking.remove(connection)


def limits(service: Service, admin: Endpoint) -> str:
    """Return what a reset can't do on a server because of its role's rights; empty where it can do everything."""
    if not is_reset(service) or admin.provider != "external":
        return ""
    with connect(admin) as connection:
        if connection.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "t":
            return ""
    return (
        f"the role {admin.user} is no superuser: changes of the schema are found by comparing catalogs, and more tests "
        "need a new copy"
    )
