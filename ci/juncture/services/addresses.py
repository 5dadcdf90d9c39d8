"""The parts of a URL that every kind has: who connects to which server, spelled so that any client reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Kind

__all__ = ["authority", "bracketed", "parameters", "with_first"]


def authority(endpoint: Endpoint) -> str:
    """Return ``user:password@host:port``, without what is empty; an address of IPv6 has its brackets."""
    user = quote(endpoint.user, safe="")
    password = f":{quote(endpoint.password, safe='')}" if endpoint.password else ""
    at = "@" if user or password else ""
    return f"{user}{password}{at}{bracketed(endpoint.host)}:{endpoint.port}"


def bracketed(host: str) -> str:
    """Return a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def parameters(endpoint: Endpoint) -> str:
    """Return ``?`` and the parameters; nothing where there are none."""
    return f"?{endpoint.parameters}" if endpoint.parameters else ""


def with_first(kind: Kind, port: int, further: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return all ports of a server that has several, its first before the others; nothing where it has one."""
    return ((kind.image.port if kind.image else port, port), *further) if further else ()
