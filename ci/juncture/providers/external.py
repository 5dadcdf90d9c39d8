"""The external provider: servers that run already, and that the environment names. juncture starts and stops none.

What a process has there for itself is leased like everywhere, and leases are seen on one machine alone. Where others
may use the same server, names and claims on it tell whose a namespace is: see `juncture.host.owner`.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from juncture.errors import LeaseError, StartError, StateError
from juncture.host import leases, slots
from juncture.host.folders import lease_path
from juncture.host.owner import owner
from juncture.providers import rows
from juncture.providers.abandoned import empty_abandoned
from juncture.providers.guard import admitted
from juncture.providers.reservation import NoLog, Server
from juncture.services.addresses import bracketed
from juncture.services.kinds import NotReadyError
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from juncture.config import Service
    from juncture.model import Endpoint
    from juncture.services.kinds import Kind, Numbered, Outside

__all__ = ["ExternalServer", "Place", "awaited", "reserve"]

READY_WITHIN = 60.0
"""Seconds to wait for a server: a job's service containers start beside its first steps."""

SAID_AFTER = 2.0
"""Seconds after which people are told what is waited for."""

STOCK = 16
"""Databases of a server that nobody configured; where names keep some, they are below that number."""

CLAIMED_FOR, KEPT_FOR = 300.0, 30 * 86400.0
"""Seconds that a database stays claimed unless it is claimed again: as before each test, or as a kept one is opened."""

CONFIRMED_FOR = 30.0
"""Seconds for which a claim on a database is trusted without a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """For whom a server is reserved.

    ``variable`` is where the environment names it, ``flag`` the one that allows its use. ``kept`` names a namespace
    that outlives its users, ``workers`` is how many the run has (0 where there are none), and ``passive`` says that
    this process only prepares what they use. ``tell`` gets lines of progress.
    """

    home: Path
    variable: str
    flag: str
    kept: str = ""
    workers: int = 0
    passive: bool = False
    tell: Callable[[str], None] = lambda _: None


@dataclass(slots=True, kw_only=True)
class ExternalServer:
    """A reserved server that runs already, or will soon.

    ``index`` tells which of the ``addresses`` is this process's, ``number`` which of that server's databases, where
    those have numbers; ``lease`` makes it ours alone. ``new`` says of a kept one that nothing of ours is in it yet.
    """

    place: Place
    service: Service
    kind: Kind
    outside: Outside
    addresses: list[Endpoint]
    index: int = 0
    number: int = 0
    new: bool = False
    lease: leases.Lease | None = None
    log: NoLog = field(default_factory=NoLog)

    @property
    def key(self) -> str:
        """The name of all addresses together."""
        return _key(self.kind, self.addresses)

    @property
    def endpoint(self) -> Endpoint:
        """Where this process's namespace is, or the server where it has none yet."""
        admin, parts = self.addresses[self.index], self.outside.numbered or self.outside.slots
        return parts.at(replace(admin, owner=self._owner), self.number) if parts else admin

    def start(self, *, promised: bool) -> Server:
        """Return the server once it answers and tests may use it.

        Raise `StartError` where it does not answer, `ProviderError` where nobody said that tests may use it, and
        `LeaseError` where it has no database left for this process.
        """
        began = time.monotonic()
        path = lease_path(self.place.home, f"server-{self.key}")
        lease = leases.hold(path, exclusive=False, timeout=60, purpose=f"use the server of {self.service.name}")
        try:
            for index in range(len(self.addresses)) if self.place.passive else [self.index]:
                server, place = self.addresses[index], self.place
                probe = partial(self.kind.probe, server)
                product, version = awaited(server, probe, variable=place.variable, tell=place.tell)
                self.addresses[index] = replace(server, product=product, version=version)
                admitted(self.service, self.outside, server, flag=place.flag)
            claim = self._claimed(self.outside.numbered, promised=promised) if self.outside.numbered else None
        except BaseException:
            lease.release()
            if self.lease:
                self.lease.release()
            raise
        return Server(
            endpoint=self.endpoint,
            key=self.key,
            lease=lease,
            slot=self.lease,
            started=False,
            seconds=time.monotonic() - began,
            log=self.log,
            shared=True,
            claim=claim,
            collect=self._collect,
        )

    @property
    def _owner(self) -> str:
        """What the names of slots say of their owner: those of others are never touched."""
        return owner(self.place.home) if self.outside.slots else ""

    def _collect(self) -> list[str]:
        """Empty the slots that killed processes of this machine left."""
        parts = self.outside.slots
        if parts is None:
            return []
        admin = replace(self.addresses[self.index], owner=self._owner)
        return empty_abandoned(self.kind, parts, admin, self.key, self.place.home)

    def take(self) -> None:
        """Lease a server of the list, or a part of the server, where there is one for each process."""
        if parts := self.outside.slots:
            if self.place.kept:
                self.number = slots.kept(self.place.home, self.key, self.place.kept, parts.count)
            else:
                self.number, self.lease = slots.free(self.place.home, self.key, parts.count - slots.KEPT)
        elif self.outside.numbered:
            # How many there are is asked when the server answers: it may not be there yet.
            if not self._take(itertools.count(max(1, self.number + 1))):
                raise self._exhausted(STOCK)
        elif not self.addresses[0].shared:
            every = range(len(self.addresses))
            if self.place.kept:  # it is for people, who shall not take one from the workers
                self.index = every[-1]
            elif self.place.passive:  # it needs none
                if len(every) < self.place.workers:
                    raise self._too_few()
            elif not self._take(every):
                raise self._too_few()

    def _take(self, numbers: Iterable[int]) -> bool:
        if self.lease:
            self.lease.release()
        home, key, name = self.place.home, self.key, self.place.kept
        number: int | None = None
        if name:
            self.new = self.new or not rows.known(home, key, name)
            number = rows.keep(home, key, name, numbers if self.number else range(STOCK - 1, 0, -1), self._lease_name)
        elif found := rows.free(home, key, numbers, self._lease_name):
            number, self.lease = found
        if number is None:
            return False
        if self.outside.numbered:
            self.number = number
        else:
            self.index = number
        return True

    def _lease_name(self, number: int) -> str:
        if self.outside.numbered:
            return f"slot-{self.key}-{number}"
        return f"slot-{_key(self.kind, [self.addresses[number]])}-0"  # it may be in another list too

    def _claimed(self, numbered: Numbered, *, promised: bool) -> _Claim:
        """Return the claim on a database that neither another process here nor another machine uses."""
        server, mine = self.addresses[self.index], f"{owner(self.place.home)} {self.key}"
        total = numbered.count(server)
        if self.place.passive and total - 2 < self.place.workers:  # before they find out one by one
            raise self._exhausted(total)
        while self.number < total:
            if numbered.claim(server, self.number, mine, KEPT_FOR if self.place.kept else CLAIMED_FOR):
                return _Claim(numbered, server, self.number, mine, kept=bool(self.place.kept))
            if promised or (self.place.kept and not self.new):
                raise LeaseError(
                    f"another machine uses database {self.number} of {_place(server)}",
                    where=f"service {self.service.name}",
                    hint="end its run, or wait five minutes for what it left, thirty days for what it keeps; better, "
                    "give each machine its own server",
                )
            if not self.place.kept:
                self.take()
            elif not self._take_lower():
                break
        raise self._exhausted(total)

    def _take_lower(self) -> bool:
        """Keep another number than the one that turned out to be somebody else's."""
        rows.forget(self.place.home, self.key, self.place.kept)
        return self._take(range(self.number - 1, 0, -1))

    def _exhausted(self, total: int) -> LeaseError:
        workers = self.place.workers
        need = f"{workers} workers and their controller need one each" if workers else "each process needs one"
        return LeaseError(
            f"{_place(self.addresses[self.index])} has {total} databases; 0 is never touched, and too few of the "
            f"others are free: {need}",
            where=f"service {self.service.name}",
            hint="start it with `--databases 1024`, use fewer workers, or end other runs",
        )

    def _too_few(self) -> LeaseError:
        count, workers = len(self.addresses), max(self.place.workers, 1)
        servers = f"{count} server{'s' if count > 1 else ''}"
        needed = f"{workers} workers need {workers}" if workers > 1 else "this process needs one"
        whose = "each is used by one process at a time" if count > 1 else "it is used by one process at a time"
        return LeaseError(
            f"{self.place.variable} names {servers}, and {whose}: {needed}",
            where=f"service {self.service.name}",
            hint="name as many URLs as there are workers, with commas between, use fewer workers, or end other runs",
        )


class _Claim:
    """A claim on a numbered database, which other machines see."""

    def __init__(self, numbered: Numbered, server: Endpoint, number: int, owner: str, *, kept: bool) -> None:
        self._numbered, self._server, self._number, self._owner = numbered, server, number, owner
        self._kept = kept
        self._at = time.monotonic()

    def confirm(self) -> None:
        if time.monotonic() - self._at < CONFIRMED_FOR:
            return
        if not self._numbered.claim(self._server, self._number, self._owner, KEPT_FOR if self._kept else CLAIMED_FOR):
            what = f"another machine took database {self._number} of {_place(self._server)} over: it is not emptied"
            raise StateError(what, where=f"service {self._server.service}", hint="give each machine its own server")
        self._at = time.monotonic()

    def release(self) -> None:
        if self._kept:  # for others of this machine too, and what is in it stays
            return
        with suppress(WireError, OSError):
            self._numbered.disclaim(self._server, self._number, self._owner)


def reserve(
    service: Service, kind: Kind, outside: Outside, addresses: Iterable[Endpoint], *, place: Place
) -> ExternalServer:
    """Lease what this process has of a server that runs already; nothing connects to it.

    Raise `LeaseError` where there are fewer servers than processes that need one.
    """
    reserved = ExternalServer(place=place, service=service, kind=kind, outside=outside, addresses=list(addresses))
    reserved.take()
    return reserved


def awaited(
    server: Endpoint, probe: Callable[[], tuple[str, str]], *, variable: str, tell: Callable[[str], None]
) -> tuple[str, str]:
    """Return what the probe of a server returns, once it does; raise `StartError` where it does not in time, or never.

    ``variable`` is where the environment names the server; ``tell`` is told of a wait that is not short.
    """
    where = f"service {server.service}"
    began, said, pause = time.monotonic(), False, 0.002
    while True:
        try:
            return probe()
        except NotReadyError as error:
            waited = time.monotonic() - began
            if waited > READY_WITHIN:
                what = f"{_place(server)} did not answer within {READY_WITHIN:g} s: {error}"
                raise StartError(what, where=where, hint=f"start it, or correct {variable}") from None
            if waited > SAID_AFTER and not said:
                said = True
                tell(f"{server.service}: waits for {_place(server)} ({error})")
        except StartError as error:
            what = f"{_place(server)}: {error.what}"
            raise StartError(what, where=where, hint=f"check {variable}, user and password") from None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def _place(server: Endpoint) -> str:
    return f"{bracketed(server.host)}:{server.port}"


def _key(kind: Kind, addresses: Iterable[Endpoint]) -> str:
    places = [_place(address) for address in addresses]
    readable = re.sub(r"[^a-z0-9]+", "-", places[0].lower()).strip("-")[:40]
    return f"{kind.name}-{readable}-{hashlib.sha256(' '.join(places).encode()).hexdigest()[:8]}"
