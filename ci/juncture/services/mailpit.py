"""Mailpit: takes every mail that an application sends, and shows it over HTTP; each worker has one of its own."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.services.addresses import bracketed
from juncture.services.kinds import OBTAINED, Image, Kind, NotReadyError
from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "connect", "empty"]

USER = "juncture"

PORT, SMTP = 8025, 1025

UNAUTHORIZED, SERVER_ERRORS = 401, 500

PATIENCE = 5.0
"""Seconds that the greeting may take."""


def connect(endpoint: Endpoint) -> HttpClient:
    """Return a connection to the server's API."""
    return HttpClient(endpoint.host, endpoint.port, user=endpoint.user, password=endpoint.password)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("mailpit", version)`` as soon as the API answers us alone, and SMTP greets."""
    try:
        with HttpClient(endpoint.host, endpoint.port) as nobody:
            if nobody.request("GET", "/api/v1/info", ok="2345").status != UNAUTHORIZED:
                raise NotReadyError("its API does not ask who we are")
        with connect(endpoint) as client:
            told = client.request("GET", "/api/v1/info").json()
        _see_greeting(endpoint.host, dict(endpoint.ports)[SMTP])
    except HttpError as error:
        if error.status >= SERVER_ERRORS:
            raise NotReadyError(str(error)) from None
        raise StartError(f"what answers is no Mailpit that can be used: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if not isinstance(told, dict) or "Version" not in told:
        raise StartError("what answers is no Mailpit", where=endpoint.service)
    return "mailpit", str(told["Version"]).removeprefix("v")


def _see_greeting(host: str, port: int) -> None:
    with socket.create_connection((host, port), PATIENCE) as connection, connection.makefile("rb") as stream:
        line = stream.readline(1024)
    if not line.startswith(b"220"):
        raise NotReadyError(f"no SMTP server greets on port {port}: {line[:40]!r}")


def empty(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Delete every message."""
    with connect(endpoint) as client:
        client.json("DELETE", "/api/v1/messages", {"IDs": []})


def url(endpoint: Endpoint) -> str:
    """Return the base URL of the API; mail goes to ``port_1025``."""
    return f"http://{bracketed(endpoint.host)}:{endpoint.port}"


def environment(password: str) -> Mapping[str, str]:
    """Return the variables of a container: its API has a password, SMTP takes any or none, and nothing calls home."""
    accepting = dict.fromkeys(("MP_SMTP_AUTH_ACCEPT_ANY", "MP_SMTP_AUTH_ALLOW_INSECURE"), "true")
    return {"MP_UI_AUTH": f"{USER}:{password}", "MP_DISABLE_VERSION_CHECK": "true", **accepting}


def settle(_: Endpoint) -> None:
    """Do nothing: it holds what it was told."""


KIND = Kind(
    name="mailpit",
    namespace="server",
    options=OBTAINED - {"disposable"},
    attributes=frozenset({"url", "host", "port", "user", "password"}),
    ports=(SMTP,),
    user=USER,
    database="",
    probe=probe,
    url=url,
    client=None,
    empty=empty,
    embedded=None,
    image=Image(
        repository="axllent/mailpit",
        version="v1.31.2",
        suffix="",
        port=PORT,
        command=(),
        environment=environment,
        tmpfs=("/tmp",),  # noqa: S108 - where it keeps its database, in a container
        health=("/mailpit", "readyz"),
        memory=256 * 1024**2,
        sharing="worker",
        settle=settle,
    ),
)
