"""MockServer: expectations and received requests are for whoever asks, so that each worker has one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.services.addresses import bracketed
from juncture.services.kinds import OBTAINED, Image, Kind, NotReadyError
from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "connect", "empty"]

PORT = 1080

SERVER_ERRORS = 500


def connect(endpoint: Endpoint) -> HttpClient:
    """Return a connection to the server."""
    return HttpClient(endpoint.host, endpoint.port)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("mockserver", version)`` as soon as the server tells its ports; no other one answers that."""
    try:
        with connect(endpoint) as client:
            answer = client.request("PUT", "/mockserver/status")
            told = answer.json()
    except HttpError as error:
        if error.status >= SERVER_ERRORS:
            raise NotReadyError(str(error)) from None
        raise StartError(f"what answers is no MockServer: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if not isinstance(told, dict) or not isinstance(told.get("ports"), list):
        raise StartError("what answers is no MockServer", where=endpoint.service)
    return "mockserver", answer.headers.get("version", "")


def empty(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Remove expectations, received requests and logs."""
    with connect(endpoint) as client:
        client.request("PUT", "/mockserver/reset")


def url(endpoint: Endpoint) -> str:
    """Return the base URL, without a slash at its end."""
    return f"http://{bracketed(endpoint.host)}:{endpoint.port}"


def settle(_: Endpoint) -> None:
    """Do nothing: it has no settings of ours."""


KIND = Kind(
    name="mockserver",
    namespace="server",
    options=OBTAINED - {"disposable"},
    attributes=frozenset({"url", "host", "port"}),
    user="",
    database="",
    probe=probe,
    url=url,
    client=None,
    empty=empty,
    embedded=None,
    image=Image(
        repository="mockserver/mockserver",
        version="5.15.0",
        suffix="",
        port=PORT,
        command=(),
        health=(),  # its image has no shell and no program but Java
        memory=1024**3,
        sharing="worker",
        settle=settle,
    ),
)
