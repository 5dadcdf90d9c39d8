"""RabbitMQ: a virtual host for each worker, emptied between tests over the management API."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services import parts
from juncture.services.addresses import authority, parameters
from juncture.services.kinds import OBTAINED, Address, Image, Kind, NotReadyError, Outside, Slots
from juncture.services.rabbitmq_contents import empty, is_own, manage, quoted, standing
from juncture.services.rabbitmq_process import EMBEDDED, MANAGEMENT, USER
from juncture.services.wire.amqp import AmqpConnection, AmqpError
from juncture.services.wire.http import HttpError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint

__all__ = ["KIND", "connect", "empty", "make", "manage", "probe", "standing", "used"]

CONFIGURATION = "/etc/rabbitmq/conf.d/90-juncture.conf"

MARKER = "juncture-marker"
"""A global parameter: it is in no virtual host, and nothing here removes it."""

REFUSED = 403

IN_BOOT = frozenset({541, 320, 530, 404})
"""Reply codes of a server that is starting or stopping, or has not opened the virtual host yet."""


def connect(endpoint: Endpoint, *, timeout: float = 5.0) -> AmqpConnection:
    """Return a connection to the endpoint's virtual host."""
    return AmqpConnection(
        endpoint.host,
        endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        vhost=endpoint.database,
        timeout=timeout,
    )


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("rabbitmq", version)`` as soon as both interfaces serve: a listener alone says nothing.

    The management API tells whether every virtual host runs; a whole AMQP handshake opens the endpoint's own.
    """
    try:
        _see_guarded(endpoint)
        with manage(endpoint, timeout=5.0) as api:
            api.request("GET", "/api/health/checks/virtual-hosts")
        with connect(endpoint) as connection:
            server = connection.server
    except HttpError as error:
        if error.status in (401, REFUSED):
            raise StartError(f"the management API refuses the user: {error}", where=endpoint.service) from None
        raise NotReadyError(f"the management API is not ready: {error}") from None
    except AmqpError as error:
        if error.code in IN_BOOT:
            raise NotReadyError(str(error)) from None
        raise StartError(f"the server refuses the connection: {error}", where=endpoint.service) from None
    except OSError as error:
        raise NotReadyError(str(error)) from None
    return "rabbitmq", server.get("version", "")


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the server lets in the user whom everybody knows, so that it is none of ours."""
    if endpoint.provider == "external":
        return
    nobody = replace(endpoint, user="guest", password="guest")  # noqa: S106 - everybody knows it
    with suppress(AmqpError), connect(nobody):
        raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of a virtual host of a server that is shared: what is in one, another can't see."""
    moved = replace(endpoint, database=parts.part(endpoint, slot), shared=True)
    return replace(moved, url=url(moved))


def make(endpoint: Endpoint) -> None:
    """Make the endpoint's virtual host, where there is none, and let its user do everything in it."""
    with manage(endpoint) as api:
        vhost = quoted(endpoint.database)
        api.json("PUT", f"/api/vhosts/{vhost}", {"description": "a worker's own, made by juncture"})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        api.json("PUT", f"/api/permissions/{vhost}/{quoted(endpoint.user)}", everything)


def used(endpoint: Endpoint) -> list[int]:
    """Return the numbers of the virtual hosts that hold a queue or an exchange."""
    with manage(endpoint) as api:
        queues = api.request("GET", "/api/queues?disable_stats=true").json()
        exchanges = api.request("GET", "/api/exchanges?disable_stats=true&columns=name,vhost").json()
    found = {queue["vhost"] for queue in queues}
    found |= {exchange["vhost"] for exchange in exchanges if not is_own(exchange["name"])}
    return parts.numbers(endpoint, found)


def activity(endpoint: Endpoint, _names: Collection[str] = ()) -> list[str]:
    """Return a line for each queue of the virtual host, and for each connection to it."""
    with manage(endpoint, timeout=2.0) as api:
        vhost = quoted(endpoint.database)
        queues = api.request("GET", f"/api/queues/{vhost}?disable_stats=true&enable_queue_totals=true").json()
        connections = api.request("GET", f"/api/vhosts/{vhost}/connections").json()
    lines = [
        f"queue {queue['name']} has {queue.get('messages_ready', '?')} messages to deliver,"
        f" {queue.get('messages_unacknowledged', '?')} not acknowledged"
        for queue in queues
    ]
    lines += [
        f"connection {each.get('name')} is {each.get('state', '?')}, {each.get('channels', '?')} channels"
        for each in connections
    ]
    return lines


def url(endpoint: Endpoint) -> str:
    """Return the URL as pika, aio-pika and kombu read it."""
    return f"amqp://{authority(endpoint)}/{quoted(endpoint.database)}{parameters(endpoint)}"


def files(password: str) -> Mapping[str, str]:
    """Return the configuration of a server in a container: its user, and limits that fit the container's memory."""
    settings = {
        "default_user": USER,
        "default_pass": password,
        "default_user_tags.administrator": "true",
        "loopback_users": "none",
        "disk_free_limit.absolute": "16MB",
        "vm_memory_high_watermark.relative": "0.8",
    }
    return {CONFIGURATION: "".join(f"{name} = {value}\n" for name, value in settings.items())}


def verify(endpoint: Endpoint) -> None:
    """Check that a virtual host can be made, as every worker needs one."""
    try:
        make(at(endpoint, 0))
    except HttpError as error:
        what = f"its user may not make virtual hosts: {error}"
        raise StartError(what, where=f"service {endpoint.service}") from None


def admit(endpoint: Endpoint) -> None:
    """Check that the user is an administrator: only one makes virtual hosts."""
    try:
        with manage(endpoint) as api:
            tags = api.request("GET", "/api/whoami").json().get("tags", "")
    except HttpError as error:
        tags = str(error)
    if "administrator" not in tags:
        what = "each worker needs a virtual host of its own, and only an administrator makes one"
        raise ProviderError(
            what, where=f"service {endpoint.service}", hint="`rabbitmqctl set_user_tags USER administrator`"
        )


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker is among the global parameters."""
    with manage(endpoint) as api:
        try:
            return api.has("GET", f"/api/global-parameters/{MARKER}")
        except HttpError:
            admit(endpoint)  # who is no administrator may not look, and is told so
            raise


def mark(endpoint: Endpoint) -> None:
    """Make the marker's parameter."""
    value = {"name": MARKER, "value": "tests may make and empty virtual hosts whose names begin with jx"}
    try:
        with manage(endpoint) as api:
            api.json("PUT", f"/api/global-parameters/{MARKER}", value)
    except HttpError as error:
        what = f"the parameter {MARKER}, which marks it as one for tests, could not be set: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


SLOTS = Slots(count=parts.COUNT, at=at, used=used)

KIND = Kind(
    name="rabbitmq",
    namespace="server",
    options=OBTAINED,
    attributes=frozenset({"url", "host", "port", "user", "password", "vhost"}),
    ports=(MANAGEMENT,),
    user=USER,
    database="/",
    probe=probe,
    url=url,
    client=None,
    make=make,
    empty=empty,
    standing=standing,
    activity=activity,
    embedded=EMBEDDED,
    image=Image(
        repository="rabbitmq",
        version="4",
        suffix="-management",
        port=5672,
        command=("rabbitmq-server",),
        files=files,
        tmpfs=("/var/lib/rabbitmq",),
        health=("rabbitmq-diagnostics", "-q", "check_running"),
        memory=1024**3,
        slots=SLOTS,
        settle=verify,
    ),
    address=Address(
        schemes=("amqp",),
        encrypted=frozenset({"amqps"}),
        port=5672,
        user="guest",
        database="/",
        path="nothing",
    ),
    outside=Outside(
        does="makes and empties virtual hosts of its own", admit=admit, marked=marked, mark=mark, slots=SLOTS
    ),
)
