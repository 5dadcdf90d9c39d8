"""Start a reserved embedded server, or find it running: two processes never start it twice."""

from __future__ import annotations

import time
from dataclasses import replace

from juncture.errors import StartError
from juncture.host import keeper, leases, ports
from juncture.host.folders import lease_path, secret
from juncture.model import Endpoint
from juncture.providers.abandoned import empty_abandoned
from juncture.providers.launch import Reservation, discard_data, launch, log_of, tail
from juncture.providers.reservation import FileLog, Server
from juncture.services.addresses import with_first
from juncture.services.kinds import Kind, NotReadyError, Slots

__all__ = ["endpoint_of", "numbers_of", "part_of", "parts_of", "start"]

READY_WITHIN = 60.0
"""Seconds a server may take: a cluster that recovers from a crash, on a busy machine."""

PORT_FREE_WITHIN = 2.0
"""Seconds that a server which was killed may take to leave its port."""

ATTEMPTS, PAUSE = 3, 0.1
"""Starts before giving up, and the seconds after each that failed.

A port can be taken between its choice and its use, and what is left of a killed server needs a moment to go. The last
attempt is made with new data, unless one before failed for a port alone: that says nothing of the data.
"""


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
        collect=lambda: empty_abandoned(kind, parts_of(kind), endpoint, key, home),
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
        host=ports.HOST,
        port=reservation.port,
        user=kind.user,
        password=secret(reservation.home),
        database=kind.database,
        ports=with_first(kind, reservation.port, tuple(pair for pair in reservation.ports if pair[0] in kind.ports)),
    )
    return replace(endpoint, url=kind.url(endpoint))


def part_of(reservation: Reservation, endpoint: Endpoint) -> Endpoint:
    """Return this process's part of a server, which is the whole of it where it has no parts."""
    parts = parts_of(reservation.kind)
    return endpoint if parts is None or reservation.number is None else parts.at(endpoint, reservation.number)


def parts_of(kind: Kind) -> Slots | None:
    """Return the parts of a server that all workers use; None where each has a server, or a database, of its own."""
    shared = kind.embedded is not None and kind.embedded.sharing == "host"
    return kind.image.slots if kind.image and shared else None


def numbers_of(kind: Kind) -> tuple[int, ...]:
    """Return the further ports of a kind, and those that its process needs for itself."""
    return (*kind.ports, *(kind.embedded.ports if kind.embedded else ()))


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
        failure, failed = "", 0
        for attempt in range(ATTEMPTS):
            if attempt and not promised:
                further = ports.further(home, key, numbers_of(reservation.kind), fresh=True)
                reservation = replace(reservation, port=ports.choose(home, key, fresh=True), ports=further)
            running = keeper.state(home, key, reservation.idle)
            if isinstance(running, keeper.Running):
                reservation = replace(reservation, port=running.port)
            elif not (taken := _taken(reservation)):
                if failed == ATTEMPTS - 1:
                    discard_data(reservation)
                launch(reservation)
            else:
                failure = f"another program listens on its port {taken}"
                continue
            try:
                endpoint = _wait(reservation)
            except NotReadyError as error:
                failure = str(error)
                failed += _taken(reservation) is None  # else somebody took its port while it started
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


def _taken(reservation: Reservation) -> int | None:
    """Return a port of the server on which somebody else listens; None where it can have all of them."""
    every = [reservation.port, *(port for _, port in reservation.ports)]
    return next((port for port in every if not ports.is_free(port, within=PORT_FREE_WITHIN)), None)
