"""MQTT by Mosquitto: a broker per worker, which knows no namespaces but its topics."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import signal
import time
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services.addresses import authority, parameters
from juncture.services.data_folder import write_private
from juncture.services.kinds import OBTAINED, Address, Embedded, Image, Kind, NotReadyError, Outside, Setup
from juncture.services.wire.mqtt import MqttConnection, MqttError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "connect", "empty"]

USER = "juncture"

PORT = 1883

VERSION = "$SYS/broker/version"

OURS = "juncture-"
"""What the ids of our own clients begin with."""

OBSERVER = f"{OURS}observer"
"""Our client whose session gets the broker's log while we are not there: who came and went since the last reset."""

LOG = "$SYS/broker/log/N"

MARKER = "juncture/marker"

DENIED = frozenset({4, 5})
"""The protocol's numbers for a refused user."""

SETTINGS = {
    "allow_anonymous": "false",
    "persistence": "false",
    "max_queued_messages": "0",
    "connection_messages": "true",
    "set_tcp_nodelay": "true",
}

LINES = (("log_dest", "stderr"), ("log_dest", "topic"), ("log_type", "error"), ("log_type", "warning"))
NOTICES = ("log_type", "notice")

CONFIGURATION, PASSWORDS = "/etc/juncture/mosquitto.conf", "/etc/juncture/mosquitto.passwords"
PRIVATE = "/tmp/juncture-passwords"  # noqa: S108 - in a container, which nobody else writes into

ROUNDS = 101
"""Of PBKDF2, as mosquitto_passwd makes them: the password is 160 random bits."""

CAME = re.compile(r"New client connected from \S+ as (.*) \(p(\d+), c(\d), k\d+.*\)\.?$")
WENT = re.compile(
    r"Client (.*?)(?: \[[^\]]*\])? (?:disconnected|closed its connection|has exceeded timeout)"
    r"|(?:Socket error on|Bad socket read/write on) client (.*?)(?::|, disconnecting)"
)

REMOVED_WITHIN, PAUSE = 3.0, 0.1
"""Seconds that retained messages may stay although they were removed, and those between two attempts."""

FIVE = 5
"""The version of MQTT in which a session that begins clean can outlive its connection all the same."""


def connect(endpoint: Endpoint, client: str = "", *, clean: bool = True) -> MqttConnection:
    """Return a connection to the broker; a client of ours has an id that nobody else has."""
    return MqttConnection(
        endpoint.host,
        endpoint.port,
        client=client or f"{OURS}{secrets.token_hex(6)}",
        user=endpoint.user,
        password=endpoint.password,
        clean=clean,
    )


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the broker lets us in; one of ours lets in nobody else."""
    try:
        if endpoint.provider != "external":
            _see_guarded(endpoint)
        with connect(endpoint) as connection:
            told = connection.subscribe(VERSION) if endpoint.provider != "external" else _tolerant(connection)
    except MqttError as error:
        raise StartError(f"the broker refuses the connection: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None
    for _, content, _ in told:
        product, _, version = content.decode(errors="replace").partition(" version ")
        return product or "mqtt", version
    return "mqtt", ""


def _tolerant(connection: MqttConnection) -> list[tuple[str, bytes, bool]]:
    """Return what a broker of somebody else's tells of itself; it need not let everybody read that."""
    try:
        return connection.subscribe(VERSION)
    except MqttError:
        return []


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the broker lets in whoever comes: it is none of ours."""
    try:
        with MqttConnection(endpoint.host, endpoint.port, client=f"{OURS}nobody"):
            pass
    except MqttError as error:
        if error.code in DENIED:
            return
        raise
    raise StartError("the broker lets in whoever comes, so it is none of ours", where=endpoint.service)


def empty(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Remove what is kept: retained messages, and the sessions of clients that are gone.

    A broker does not tell its sessions. One of ours keeps its log for a client of ours, and that tells who came and
    went; a client that is still connected is left alone. Of somebody else's only retained messages are removed. Raise
    `MqttError` with the topic of one that stays: a broker does not say whom it does not let publish.
    """
    if endpoint.provider != "external":
        _end_sessions(endpoint)
    with connect(endpoint) as connection:
        deadline, pause = time.monotonic() + REMOVED_WITHIN, 0.0
        while kept := {topic for topic, _, _ in connection.subscribe("#", kept=True)} - {MARKER}:
            if time.monotonic() > deadline:
                raise MqttError(f"retained messages stay although they were removed, one of them at {min(kept)}")
            time.sleep(pause)
            pause = PAUSE
            for topic in kept:
                connection.publish(topic, retain=True)
            connection.waiting(kept=True)


def _end_sessions(endpoint: Endpoint) -> None:
    with connect(endpoint, OBSERVER, clean=False) as observer:
        told = observer.waiting() if observer.resumed else observer.subscribe(LOG, at_least_once=True)
        left = gone(content.decode(errors="replace") for _, content, _ in told)
        for client in left:
            with connect(endpoint, client):
                pass  # a clean session takes the place of the one that was left
        if left:
            observer.waiting()  # that we were these clients ourselves


def gone(log: Iterable[str]) -> list[str]:
    """Return the clients that are not connected any more, and may have left a session, as a broker's log tells."""
    left: dict[str, bool] = {}
    lasts: dict[str, bool] = {}
    for line in log:
        if came := CAME.search(line):
            client = came[1]
            lasts[client] = int(came[2]) >= FIVE or came[3] == "0"
            left.pop(client, None)
        elif went := WENT.search(line):
            client = went[1] or went[2]
            left[client] = lasts.get(client, True)
    return [client for client, lasting in left.items() if lasting and not client.startswith(OURS)]


def url(endpoint: Endpoint) -> str:
    """Return the URL with user and password."""
    return f"mqtt://{authority(endpoint)}{parameters(endpoint)}"


def files(password: str) -> Mapping[str, str]:
    """Return configuration and passwords of a broker in a container."""
    return {CONFIGURATION: _configuration(f"{PORT} 0.0.0.0", PRIVATE), PASSWORDS: _passwords(password)}


def prepare(setup: Setup) -> None:
    """Write configuration and passwords where only the broker's user can read them."""
    passwords = setup.data / "passwords"
    texts = {"server.conf": _configuration(f"{setup.port} {setup.host}", str(passwords))}
    write_private(setup, texts | {passwords.name: _passwords(setup.password)})


def command(setup: Setup) -> tuple[str, ...]:
    """Return the broker's arguments."""
    return (str(setup.program), "-c", str(setup.data / "server.conf"))


def verify(endpoint: Endpoint) -> None:
    """Begin to follow the broker's log, by which sessions are found that a test left."""
    try:
        with connect(endpoint, OBSERVER, clean=False) as observer:
            observer.subscribe(LOG, at_least_once=True)
    except MqttError as error:
        raise StartError(f"its log can't be read: {error}", where=f"service {endpoint.service}") from error


def admit(endpoint: Endpoint) -> None:
    """Check that the user may subscribe to everything: what is kept is found like that."""
    try:
        with connect(endpoint) as connection:
            connection.subscribe("#", kept=True)
    except MqttError as error:
        what = f"retained messages can't be found, and so not be removed: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker is there, a retained message."""
    with connect(endpoint) as connection:
        return any(topic == MARKER for topic, _, _ in connection.subscribe(MARKER, kept=True))


def mark(endpoint: Endpoint) -> None:
    """Publish the marker, and see that the broker keeps it."""
    with connect(endpoint) as connection:
        connection.publish(MARKER, b"tests may remove every other retained message here", retain=True)
        connection.waiting()
    if not marked(endpoint):
        what = f"the retained message {MARKER}, which marks it as one for tests, is not kept"
        raise ProviderError(what, where=f"service {endpoint.service}", hint="let its user publish there")


def _configuration(listener: str, passwords: str) -> str:
    settings = [("listener", listener), ("password_file", passwords), *SETTINGS.items(), *LINES, NOTICES]
    return "".join(f"{name} {value}\n" for name, value in settings)


def _passwords(password: str) -> str:
    """Return the file of users, with a hash as mosquitto_passwd makes it; its salt makes the same of the same."""
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:12]
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"{USER}:$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


KIND = Kind(
    name="mqtt",
    namespace="server",
    options=OBTAINED,
    attributes=frozenset({"url", "host", "port", "user", "password"}),
    user=USER,
    database="",
    probe=probe,
    url=url,
    client=None,
    empty=empty,
    embedded=Embedded(
        programs=("mosquitto",),
        folders=("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"),
        asked="-h",
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
        repository="eclipse-mosquitto",
        version="2",
        suffix="",
        port=PORT,
        command=(
            "sh",
            "-c",
            f"install -m 600 -o mosquitto {PASSWORDS} {PRIVATE} && exec mosquitto -c {CONFIGURATION}",
        ),
        files=files,
        health=("sh", "-c", f"nc -z -w 1 127.0.0.1 {PORT}"),
        memory=256 * 1024**2,
        sharing="worker",
        settle=verify,
    ),
    address=Address(
        schemes=("mqtt", "tcp"), encrypted=frozenset({"mqtts", "ssl"}), port=PORT, path="nothing", several=True
    ),
    outside=Outside(does="removes retained messages", admit=admit, marked=marked, mark=mark),
)
