"""Where the ports of an engine's containers are reached from here, and whether this host's locks are any good there."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host.ports import HOST

if TYPE_CHECKING:
    from juncture.host.engine import Engine

__all__ = ["HERE", "Reach", "reach_of"]

MOUNTS = Path("/proc/self/mountinfo")

OWN_ID = re.compile(r"/containers/([0-9a-f]{64})/hostname /etc/hostname ")
"""How the engine that made the container in which we run gives itself away in `MOUNTS`."""


@dataclass(frozen=True, slots=True)
class Reach:
    """``host`` is where ports are reached from here, ``bind`` the address on the engine's host that they are bound to.

    ``apart`` says, in a few words for people, why processes that use the engine can't see each other's locks, so that
    a container is made for one run alone; it is empty where they do.
    """

    host: str = HOST
    bind: str = HOST
    apart: str = ""


HERE = Reach()


def reach_of(engine: Engine) -> Reach:
    """Return how the engine's containers are reached.

    An engine on this host has its ports on loopback. Where we run in one of its containers ourselves, that is not our
    loopback: its host is then our network's gateway. Another host has them at the address by which we reach the engine.
    Raise `ProviderError` where that address is not known, `EngineError` where the engine does not answer.
    """
    if not engine.is_local:
        try:
            address = _address_of(engine.host)
        except OSError as error:
            raise ProviderError(f"the host of the Docker engine at {engine.address} is not known: {error}") from None
        return Reach(engine.host, address, "a remote engine: containers for this run only")
    own = _own_container()
    container = engine.container(own) if own else None
    if container is None or container["HostConfig"]["NetworkMode"] == "host":
        return HERE
    gateways = [network["Gateway"] for network in container["NetworkSettings"]["Networks"].values()]
    gateway = next(filter(None, gateways), "")
    if not gateway:
        raise ProviderError(
            "this process runs in a container that has no way to the host of its Docker engine",
            hint="give it a network (`--network bridge`), or use JUNCTURE_PROVIDER=embedded",
        )
    return Reach(gateway, gateway, "the engine of the container we are in: containers for this run only")


def _address_of(host: str) -> str:
    """Return an address of a host, of IPv6 only where it has no other."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    _, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
    return str(place[0])


def _own_container() -> str:
    """Return the id of the container that this process runs in; empty where it runs in none."""
    try:
        found = OWN_ID.search(MOUNTS.read_text())
    except OSError:
        return ""
    return found[1] if found else ""
