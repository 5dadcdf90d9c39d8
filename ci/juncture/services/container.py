"""A container that only the declaration knows: any image, with the ports and the sign of readiness that it says."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.config.types import Ready
from juncture.services import http
from juncture.services.kinds import Kind, NotReadyError

if TYPE_CHECKING:
    from juncture.model import Endpoint

__all__ = ["KIND", "LINGER", "port_of", "probe"]

PATIENCE = 5.0
"""Seconds that a connection may take."""

LINGER = 0.2
"""Seconds that a connection has to stay open.

A published port takes connections as soon as the container runs: the engine's own proxy listens there. Where nobody
listens inside, it closes them at once, which on a busy machine takes some milliseconds.
"""


def probe(
    endpoint: Endpoint, ready: Ready | None = None, *, patience: float = PATIENCE, linger: float = LINGER
) -> tuple[str, str]:
    """Return ``("container", "")`` as soon as what is ``ready`` from outside answers; by default, each of its ports.

    A line in the log and a command in the container are for who runs it to look at.
    """
    ready = ready or Ready("tcp")
    host, port = endpoint.host, port_of(endpoint, ready)
    try:
        if ready.how == "tcp":
            every = [port] if ready.port or not endpoint.ports else [outside for _, outside in endpoint.ports]
            for each in every:
                _connect(host, each, patience, linger)
        elif ready.how == "http":
            http.probe(replace(endpoint, port=port), ready.value, patience=patience)
    except OSError as error:
        raise NotReadyError(str(error)) from None
    return "container", ""


def port_of(endpoint: Endpoint, ready: Ready) -> int:
    """Return the port on the endpoint's host that leads to the one that has to be ready."""
    return dict(endpoint.ports).get(ready.port, endpoint.port)


def _connect(host: str, port: int, patience: float, linger: float) -> None:
    with socket.create_connection((host, port), patience) as connection:
        connection.settimeout(linger)
        try:
            greeting = connection.recv(1)
        except TimeoutError:
            return
        if not greeting:
            raise NotReadyError("the connection is closed at once")


KIND = Kind(
    name="container",
    namespace="container",
    options=frozenset(
        {
            *("image", "build", "digest", "reuse", "ports", "command", "env"),
            *("ready", "timeout", "depends_on", "shared"),
        }
    ),
    attributes=frozenset({"url", "host", "port"}),
    versioned=False,
    user="",
    database="",
    probe=probe,
    url=http.url,
    client=None,
    embedded=None,
    address=http.KIND.address,
)
