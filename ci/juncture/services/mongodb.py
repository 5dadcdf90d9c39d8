"""MongoDB: a database for each worker, emptied between tests."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from juncture.errors import ProviderError, StartError
from juncture.services import parts
from juncture.services.addresses import authority
from juncture.services.kinds import OBTAINED, Address, Image, Kind, NotReadyError, Outside, Slots
from juncture.services.wire.mongodb import MongoConnection, MongoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "at", "connect", "empty", "probe", "standing", "used"]

USER = "juncture"

MARKER = "juncture-marker"

UNAUTHORIZED, FAILED = 13, 18
"""Codes: nobody may do that without a user, and a user or password is wrong."""

GONE = 26
"""The code for a collection that is not there."""

MOST = 100_000
"""Collections that one reply lists."""


def connect(endpoint: Endpoint, *, timeout: float = 10.0) -> MongoConnection:
    """Return a connection to the server."""
    user, password = endpoint.user, endpoint.password
    return MongoConnection(endpoint.host, endpoint.port, user=user, password=password, timeout=timeout)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("mongodb", version)`` as soon as the server lets us in, and can be written to."""
    try:
        if endpoint.provider != "external":
            _see_guarded(endpoint)
        with connect(endpoint, timeout=5.0) as connection:
            hello = connection.command("admin", "hello")
            version = connection.command("admin", "buildInfo")["version"]
    except MongoError as error:
        if error.code in (UNAUTHORIZED, FAILED):
            raise StartError(f"the server refuses the user: {error}", where=endpoint.service) from None
        raise NotReadyError(str(error)) from None
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if not hello.get("isWritablePrimary"):
        raise NotReadyError("the server can't be written to: it is no primary")
    return "mongodb", str(version)


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the server lets in whoever comes: it is none of ours."""
    try:
        with connect(replace(endpoint, user=""), timeout=5.0) as nobody:
            nobody.command("admin", "listDatabases", nameOnly=True)
    except MongoError as error:
        if error.code == UNAUTHORIZED:
            return
        raise
    raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of a database of a server that is shared; it is made by what is first put into it."""
    moved = replace(endpoint, database=parts.part(endpoint, slot), shared=True)
    return replace(moved, url=url(moved))


def used(endpoint: Endpoint) -> list[int]:
    """Return the numbers of the databases that there are: one without collections is none."""
    with connect(endpoint) as connection:
        found = connection.command("admin", "listDatabases", nameOnly=True)["databases"]
    return parts.numbers(endpoint, (each["name"] for each in found))


def standing(endpoint: Endpoint) -> Standing:
    """Return the collections and views of the database, each by its sort."""
    with connect(endpoint) as connection:
        held = _held(connection, endpoint.database)
    return {sort: frozenset(name for name, its in held.items() if its == sort) for sort in {*held.values()}}


def empty(endpoint: Endpoint, kept: Standing) -> None:
    """Drop collections and views but those that ``kept`` names, which lose their documents and keep their indexes."""
    assert endpoint.database not in {"", "admin", "config", "local"}  # noqa: S101 - what follows destroys
    stays = {name for names in kept.values() for name in names}
    with connect(endpoint) as connection:
        for name, sort in _held(connection, endpoint.database).items():
            if name not in stays:
                _drop(connection, endpoint.database, name)
            elif sort != "view":
                connection.command(endpoint.database, "delete", name, deletes=[{"q": {}, "limit": 0}])


def _held(connection: MongoConnection, database: str) -> dict[str, str]:
    """Return the sort of each collection and view of a database, by its name; those of the server itself left out."""
    cursor = {"batchSize": MOST}
    reply = connection.command(database, "listCollections", nameOnly=True, cursor=cursor)
    found = reply["cursor"]["firstBatch"]
    return {each["name"]: each["type"] for each in found if not each["name"].startswith("system.")}


def _drop(connection: MongoConnection, database: str, name: str) -> None:
    try:
        connection.command(database, "drop", name)
    except MongoError as error:
        if error.code != GONE:
            raise


def url(endpoint: Endpoint) -> str:
    """Return the URL as every client reads it; the user is one of the database ``admin``."""
    given = [each for each in endpoint.parameters.split("&") if each]
    known = any(each.startswith("authSource=") for each in given)
    every = [*given, *(["authSource=admin"] if endpoint.user and not known else [])]
    query = f"?{'&'.join(every)}" if every else ""
    return f"mongodb://{authority(endpoint)}/{quote(endpoint.database, safe='')}{query}"


def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the shell's arguments; without a password, for which it asks."""
    bare = replace(endpoint, password="")
    return ("mongosh", url(bare)), {}


def environment(password: str) -> Mapping[str, str]:
    """Return the variables of a container: its root user."""
    return {"MONGO_INITDB_ROOT_USERNAME": USER, "MONGO_INITDB_ROOT_PASSWORD": password}


def settle(_: Endpoint) -> None:
    """Do nothing: the probe has seen what there is to see."""


def admit(endpoint: Endpoint) -> None:
    """Check nothing: whether databases can be made is seen when the marker is."""


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's database is there."""
    with connect(endpoint) as connection:
        return bool(_held(connection, MARKER))


def mark(endpoint: Endpoint) -> None:
    """Make the marker's database, with an empty collection."""
    try:
        with connect(endpoint) as connection:
            connection.command(MARKER, "create", "marker")
    except MongoError as error:
        what = f"each worker needs a database of its own, and the user may not make one: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


SLOTS = Slots(count=parts.COUNT, at=at, used=used)

KIND = Kind(
    name="mongodb",
    namespace="server",
    options=OBTAINED,
    user=USER,
    database="admin",
    probe=probe,
    url=url,
    client=client,
    empty=empty,
    standing=standing,
    embedded=None,
    image=Image(
        repository="mongo",
        version="8.0",
        suffix="",
        port=27017,
        command=("mongod", "--bind_ip_all"),
        environment=environment,
        tmpfs=("/data/configdb", "/data/db"),
        health=("mongosh", "--quiet", "--eval", "db.hello().isWritablePrimary"),
        memory=1024**3,
        slots=SLOTS,
        settle=settle,
    ),
    address=Address(
        schemes=("mongodb",),
        encrypting=MappingProxyType({"tls": frozenset({"true"}), "ssl": frozenset({"true"})}),
        port=27017,
        path="nothing",
    ),
    outside=Outside(does="makes and empties databases of its own", admit=admit, marked=marked, mark=mark, slots=SLOTS),
)
