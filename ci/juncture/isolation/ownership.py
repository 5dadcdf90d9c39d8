"""Whose the namespaces on a server are, where it is not ours alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.host.owner import owner

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.model import Endpoint

__all__ = ["owner_on"]


def owner_on(server: Endpoint, home: Path) -> str:
    """Return what names on a server say of their owner; empty where juncture started the server: all is ours there."""
    return owner(home) if server.provider == "external" else ""
