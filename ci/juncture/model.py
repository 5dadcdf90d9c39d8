"""The frozen values that every rung of juncture shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Endpoint", "Outcome", "ProviderName"]

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
"""What became of a test. *failed* is an assertion of the test, *error* is anything around it."""

ProviderName = Literal["embedded", "docker", "external"]
"""How a service was obtained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a process reaches one service, inside its own namespace.

    ``port`` is a TCP port on ``host``; ``database`` is the namespace in the service's own terms (a database name, an
    index, a bucket) and empty where the whole server is the namespace. ``password`` and ``url`` are secrets: they are
    left out of ``repr``. ``product`` is what really answered: a declared redis may be a Valkey server.
    """

    service: str
    kind: str
    provider: ProviderName
    product: str
    version: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    url: str = field(default="", repr=False)

    def attribute(self, name: str) -> str:
        """Return what ``{service.name}`` stands for in the declaration's ``env`` table."""
        return str(getattr(self, name))
