"""MySQL and MariaDB: one protocol, two products, which differ too much in SQL for one to stand in for the other."""

from __future__ import annotations

import re
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services import mysql_activity, mysql_log
from juncture.services.kinds import OBTAINED, Address, Embedded, Image, Kind, NotReadyError, Outside, Setup
from juncture.services.mysql_address import at, connect, url
from juncture.services.mysql_data import SUPERUSER, options, prepare
from juncture.services.mysql_databases import DATABASES
from juncture.services.wire.mysql import MysqlConnection, MysqlError, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint

__all__ = ["MARIADB", "MYSQL", "at", "connect"]

SETTINGS = {
    # A test server survives a crash of the server, never one of the machine: nothing has to reach the disk.
    "innodb_flush_log_at_trx_commit": "0",
    "sync_binlog": "0",
    "innodb_doublewrite": "0",
    "performance_schema": "1",  # it counts who wrote to which table
    "max_connections": "300",
    "skip_name_resolve": "1",
    "character_set_server": "utf8mb4",
    "max_allowed_packet": str(1024**3),  # a seed file is sent in one piece
}

OPTIONS = (*(f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()), "--skip-log-bin")

MARKER = "juncture_marker"

DENIED, STARTING, FULL = 1045, frozenset({1053, 1077, 1079}), 1040
"""Numbers of errors: a wrong password, a server that comes or goes, and one with too many connections."""

ENCRYPTED = frozenset({"required", "verify_ca", "verify_identity", "verify-ca", "verify-full", "true", "1"})
"""Values that ask for TLS."""


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the server answers a query over TCP.

    The images fill their data with a server that listens on no port.
    """
    try:
        if endpoint.provider != "external":
            _see_guarded(endpoint)
        with connect(endpoint) as connection:
            connection.query("SELECT 1")
            return _program(connection)
    except MysqlError as error:
        if error.code in STARTING or error.code == FULL:
            raise NotReadyError(str(error)) from None
        raise StartError(f"the server refuses the connection: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the server lets in whoever comes: it is none of ours, whatever password it takes."""
    try:
        with connect(replace(endpoint, password="", database="")):
            pass
    except MysqlError as error:
        if error.code == DENIED:
            return
        raise
    raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)


def _program(connection: MysqlConnection) -> tuple[str, str]:
    number = re.match(r"\d+(\.\d+)*", connection.version)
    return "mariadb" if "mariadb" in connection.version.lower() else "mysql", number[0] if number else ""


def activity(endpoint: Endpoint, databases: Collection[str]) -> list[str]:
    """Return what other clients of the databases are doing, of the endpoint's own where none is named."""
    with connect(replace(endpoint, database=""), timeout=2.0) as connection:
        return mysql_activity.activity(connection, databases or {endpoint.database})


def command(setup: Setup) -> tuple[str, ...]:
    """Return the server's arguments: TCP on loopback alone, settings in sight of ``ps``, secrets not."""
    own = {
        "bind-address": setup.host,
        "port": str(setup.port),
        "socket": "",
        "pid-file": str(setup.data / "mariadbd.pid"),
        "log-warnings": "1",
        "innodb-buffer-pool-size": "128M",
        "innodb-temp-data-file-path": "ibtmp1:2M:autoextend",
    }
    more = (f"--{name}={value}" for name, value in own.items())
    return (str(setup.program), *options(setup.data), *more, *OPTIONS)


def verify(endpoint: Endpoint) -> None:
    """Check that the server runs with our settings, not with some that a file or variable slipped in."""
    with connect(replace(endpoint, database="")) as connection:
        for name, wanted in SETTINGS.items():
            actual = connection.value(f"SELECT @@GLOBAL.{name}")
            if actual != wanted:
                raise StartError(f"{name} is {actual}, not {wanted}", where=f"service {endpoint.service}")


def admit(endpoint: Endpoint) -> None:
    """Check that the server lets this user make and drop databases."""
    with connect(endpoint) as connection:
        rows = connection.query(
            "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE IN ('CREATE', 'DROP')"
        )
        if {name for (name,) in rows} != {"CREATE", "DROP"}:
            account = "@".join(f"'{part}'" for part in str(connection.value("SELECT CURRENT_USER()")).split("@"))
            raise ProviderError(
                f"the user {endpoint.user} may make no databases, and each worker needs one",
                where=f"service {endpoint.service}",
                hint=f"as an administrator: `GRANT ALL ON *.* TO {account}`",
            )


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's database is there."""
    with connect(endpoint) as connection:
        sql = f"SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {literal(MARKER)}"  # noqa: S608
        return connection.value(sql) == "1"


def mark(endpoint: Endpoint) -> None:
    """Make the marker's database, which stays empty."""
    try:
        with connect(endpoint) as connection:
            connection.query(f"CREATE DATABASE IF NOT EXISTS {MARKER}")
    except MysqlError as error:
        what = f"the database {MARKER}, which marks it as one for tests, could not be made: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def _kind(name: str, embedded: Embedded | None, image: Image) -> Kind:
    def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Return the command-line client's arguments; the password goes through the environment."""
        place = ("--protocol=tcp", "-h", endpoint.host, "-P", str(endpoint.port), "-u", endpoint.user)
        return (name, *place, endpoint.database), {"MYSQL_PWD": endpoint.password} if endpoint.password else {}

    return Kind(
        name=name,
        namespace="database",
        options=frozenset({"migrate", "downgrade", "seed", "watch", "reset"}) | OBTAINED,
        user=SUPERUSER,
        database="",
        probe=probe,
        url=url,
        client=client,
        about=mysql_log.about,
        databases=DATABASES,
        activity=activity,
        embedded=embedded,
        image=image,
        address=Address(
            schemes=("mysql", "mariadb"),
            encrypting=dict.fromkeys(("ssl-mode", "ssl_mode", "sslmode", "ssl", "tls"), ENCRYPTED),
            port=3306,
            user=SUPERUSER,
            path="database",
        ),
        outside=Outside(does="makes and drops databases", admit=admit, marked=marked, mark=mark),
    )


def _image(repository: str, version: str, program: str, admin: str, variable: str) -> Image:
    return Image(
        repository=repository,
        version=version,
        suffix="",
        port=3306,
        command=(program, *OPTIONS),
        environment=lambda password: {variable: password},
        health=(admin, "ping", "--silent", "-h", "127.0.0.1"),
        memory=2 * 1024**3,
        settle=verify,
    )


MARIADB = _kind(
    "mariadb",
    Embedded(
        programs=("mariadbd",),
        folders=("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/opt/homebrew/opt/mariadb@{major}/bin"),
        sharing="host",
        unprivileged=True,
        stop_signal=signal.SIGTERM,
        crash_signal=signal.SIGKILL,
        settings=SETTINGS,
        prepare=prepare,
        command=command,
        verify=verify,
    ),
    _image("mariadb", "11", "mariadbd", "mariadb-admin", "MARIADB_ROOT_PASSWORD"),
)

MYSQL = _kind("mysql", None, _image("mysql", "8.4", "mysqld", "mysqladmin", "MYSQL_ROOT_PASSWORD"))
