"""A process of the project's own that answers HTTP: the application itself, or a neighbour of it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from juncture.services.addresses import bracketed
from juncture.services.kinds import Address, Kind, NotReadyError

if TYPE_CHECKING:
    from juncture.model import Endpoint

__all__ = ["KIND", "PATIENCE", "probe", "status", "url"]

LONGEST_LINE = 64 * 1024
"""Bytes; a status line is far shorter."""

PATIENCE = 5.0
"""Seconds of silence after which a request is given up, to be tried again."""

SERVER_ERRORS = 500
"""The first status that means: not ready yet. What is below was answered on purpose, be it "not found"."""


def probe(endpoint: Endpoint, path: str = "/", *, patience: float = PATIENCE) -> tuple[str, str]:
    """Return ``("http", "")`` as soon as a GET of ``path`` is answered with a status below 500."""
    try:
        code = status(endpoint.host, endpoint.port, path, timeout=patience)
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if code >= SERVER_ERRORS:
        raise NotReadyError(f"GET {path} was answered with {code}")
    return "http", ""


def status(host: str, port: int, path: str, *, timeout: float = PATIENCE) -> int:
    """Return the status that a GET is answered with. Raise ``OSError`` where nothing, or no HTTP, comes back."""
    request = f"GET {path} HTTP/1.1\r\nHost: {bracketed(host)}:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, port), timeout) as connection:
        connection.sendall(request.encode("ascii"))
        with connection.makefile("rb") as stream:
            line = stream.readline(LONGEST_LINE)
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if not line.endswith(b"\n") or not version.startswith(b"HTTP/") or not code.isdigit():
        message = f"no HTTP came back but {line[:40]!r}" if line else "the connection was closed without an answer"
        raise ConnectionError(message)
    return int(code)


def url(endpoint: Endpoint) -> str:
    """Return the base URL, without a slash at its end."""
    return f"http://{bracketed(endpoint.host)}:{endpoint.port}"


KIND = Kind(
    name="http",
    namespace="process",
    options=frozenset({"command", "ready", "env", "cwd", "timeout", "depends_on"}),
    needs=frozenset({"command"}),
    attributes=frozenset({"url", "host", "port"}),
    versioned=False,
    user="",
    database="",
    probe=probe,
    url=url,
    client=None,
    embedded=None,
    address=Address(schemes=("http",), encrypted=frozenset({"https"}), port=80, path="prefix"),
)
