"""The frozen values that every rung of juncture shares."""

from __future__ import annotations

from typing import Literal

from juncture.values import Value

__all__ = ["BAD_OUTCOMES", "SYNONYMS", "Endpoint", "Outcome", "ProviderName"]

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
"""What became of a test. *failed* is an assertion of the test, *error* is anything around it."""

BAD_OUTCOMES: frozenset[Outcome] = frozenset({"failed", "error"})
"""What makes a result red."""

ProviderName = Literal["embedded", "docker", "external"]
"""How a service was obtained."""


SYNONYMS = {
    "access_key": "user",
    "bucket": "database",
    "prefix": "database",
    "secret_key": "password",
    "vhost": "database",
}
"""What some services call the parts of an endpoint: each may be asked for by the name that its users know."""


class Endpoint(Value, kw_only=True, hidden=frozenset({"password", "url", "parameters"})):
    """Where a process reaches one service, inside its own namespace.

    ``port`` is a TCP port on ``host``; ``database`` is the namespace in the service's own terms (a database name, an
    index, a bucket) and empty where the whole server is the namespace. ``password`` and ``url`` are secrets: they are
    left out of ``repr``. ``shared`` says that other namespaces are on the same server. ``product`` is what really
    answered: a declared redis may be a Valkey server.
    ``parameters`` is what stands behind the ``?`` of the URL of a server that somebody else runs; it may hold secrets.
    ``owner`` says, on a server of somebody else's, whose the namespaces are that are made there: others make some too.
    ``ports`` pairs each port inside a container with the one on ``host`` that leads to it; ``port`` is the first of the
    latter. ``inside`` is host and port for other containers of ours, None where those can't reach it.
    """

    service: str
    kind: str
    provider: ProviderName
    product: str
    version: str
    host: str
    port: int
    user: str = ""
    password: str = ""
    database: str = ""
    url: str = ""
    shared: bool = False
    ports: tuple[tuple[int, int], ...] = ()
    parameters: str = ""
    owner: str = ""
    inside: tuple[str, int] | None = None

    def attribute(self, name: str) -> str:
        """Return what ``{service.name}`` stands for in the declaration's ``env`` table.

        ``port_8025`` is the port on ``host`` that leads to port 8025 inside the container; ``KeyError`` for another.
        A part may be asked for by one of its `SYNONYMS` too.
        """
        if name.startswith("port_"):
            return str(dict(self.ports)[int(name.removeprefix("port_"))])
        return str(getattr(self, SYNONYMS.get(name, name)))
