"""One server as people want to see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.model import Endpoint
from juncture.services import kind
from juncture.services.addresses import with_first

if TYPE_CHECKING:
    from juncture.model import ProviderName
    from juncture.services.kinds import Kind

__all__ = ["ServerStatus", "administrator", "kind_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One server. ``age`` is in seconds, ``size`` in bytes; ``leases`` counts processes, ``namespaces`` databases.

    ``service`` is empty for what another project uses. ``state`` is *running*, *stopped*, *silent*, or what an engine
    calls it. ``current`` is False for one that the declaration does not ask for any more.
    """

    service: str
    kind: str
    product: str
    version: str
    provider: str
    state: str
    image: str = ""
    current: bool = True
    address: str = ""
    pid: int | None = None
    age: float | None = None
    leases: int = 0
    namespaces: int | None = None
    size: int | None = None


def kind_named(name: str) -> Kind | None:
    """Return a kind; None for a name that an older or newer version wrote down, or one that is broken now."""
    try:
        return kind(name)
    except (KeyError, ConfigError):
        return None


def administrator(  # noqa: PLR0913 - what a server is reached by
    kind: Kind, provider: ProviderName, *, host: str, port: int, password: str, further: tuple[tuple[int, int], ...]
) -> Endpoint:
    """Return the endpoint of a server of ours, whoever made it; ``further`` are its ports beside the first."""
    return Endpoint(
        service=kind.name,
        kind=kind.name,
        provider=provider,
        product=kind.name,
        version="",
        host=host,
        port=port,
        user=kind.user,
        password=password,
        database=kind.database,
        shared=True,
        ports=with_first(kind, port, further),
    )
