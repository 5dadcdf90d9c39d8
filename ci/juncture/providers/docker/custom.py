"""Containers that only the declaration knows: any image, also one that is built from a folder of the project.

What is in one is the project's business, so two processes use one only where the declaration says so. One that names no
other service is kept for later runs, like a server; one that does is made for a single worker's services, and ends
before those are given back.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from juncture.errors import StartError
from juncture.host import leases, ports
from juncture.host.engine import EngineError
from juncture.host.folders import lease_path
from juncture.providers.docker import build, containers
from juncture.providers.docker.blueprint import Blueprint
from juncture.providers.docker.handle import Handle
from juncture.providers.docker.images import reference_of
from juncture.providers.docker.readiness import Sign, await_sign, moment
from juncture.providers.embedded import free_slot
from juncture.providers.reservation import Server
from juncture.services.container import LINGER
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from juncture.config import Service
    from juncture.model import Endpoint
    from juncture.providers.docker.blueprint import Site
    from juncture.providers.docker.log import EngineLog
    from juncture.providers.docker.places import Place

__all__ = ["CustomContainer", "reserve"]

ATTEMPTS = 3
"""Ports that are tried: one can be taken between its choice and its use."""

BRIEFLY = 0.005
"""Seconds that a connection has to stay open in a container that was ready since its start."""


@dataclass(slots=True, kw_only=True)
class CustomContainer:
    """A reserved container. It is *begun*, then *awaited*; ``start`` does both.

    ``slot`` is the lease on one of many that are alike. What depends on its image is known once the engine has that.
    """

    blueprint: Blueprint
    key: str = ""
    ports: dict[int, int] = field(default_factory=dict)
    slot: leases.Lease | None = None
    _id: str = ""
    _made: bool = False
    _warm: bool = False
    _held: list[leases.Lease] = field(default_factory=list)
    _begun: float = 0.0
    _spent: float = 0.0

    @property
    def handle(self) -> Handle:
        """The hold on the container."""
        blueprint = self.blueprint
        return Handle(place=blueprint.place, service=blueprint.service.name, key=self.key, where=blueprint.where)

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, or will be."""
        return self.blueprint.endpoint(self.key, self.ports)

    @property
    def log(self) -> EngineLog:
        """The container's log, as the engine keeps it."""
        return self.handle.log

    def start(self, *, promised: bool) -> Server:
        """Return the running container, ready and leased."""
        self.begin(promised=promised)
        return self.wait()

    def obtain(self, *, promised: bool) -> None:
        """Have its image: pull it or build it where it is not there. Raise `ProviderError` where that can't be."""
        if not self.blueprint.image:
            self.blueprint = self.blueprint.obtained()
            self.resolve(promised=promised)

    def begin(self, *, promised: bool) -> None:
        """Make the container, or find it, with a lease on it; ``promised`` ports are not changed any more.

        Raise `StartError` or `ProviderError` where it can't be started at all.
        """
        began = time.monotonic()
        self.obtain(promised=promised)
        home, patience = self.blueprint.place.home, 60 + self.blueprint.service.timeout
        with self._given_back_on_failure():
            for name, exclusive in ((f"server-{self.key}", False), (f"start-{self.key}", True)):
                purpose = f"start the container {self.handle.name}"
                lease = leases.hold(lease_path(home, name), exclusive=exclusive, timeout=patience, purpose=purpose)
                self._held.append(lease)
            blueprint = self.blueprint
            idle = 0.0 if blueprint.run else blueprint.place.idle
            self.handle.watch(self.ports, idle=idle, once=bool(blueprint.run))
            if not self._joined(promised=promised):
                self._id, self._made = self._create(promised=promised), True
        self._begun = time.monotonic()
        self._spent = self._begun - began

    def wait(self) -> Server:
        """Return the server once the container is ready. Raise `StartError` with the end of its log where it is not."""
        began = time.monotonic()
        with self._given_back_on_failure():
            self._await()
        server, start = self._held
        start.release()
        self._held.remove(start)
        return Server(
            endpoint=self.endpoint,
            key=self.key,
            lease=server,
            slot=self.slot,
            started=self._made,
            seconds=self._spent + time.monotonic() - began,
            log=self.log,
            shared=self.blueprint.service.shared,
        )

    def check(self) -> None:
        """Raise `StartError` with the end of its log where the container has ended; a restart is no end."""
        with self._told():
            self.handle.check(self._id)

    def end(self) -> None:
        """Kill the container where it was made for the services of one worker: they are given back next."""
        if self._id and self.blueprint.is_private:
            with suppress(EngineError):  # it has ended already; else the keeper removes it
                self.blueprint.place.engine.ask("POST", f"/containers/{self._id}/kill")

    def release(self) -> None:
        """Give it back; one that was made for the services of one worker is removed. Safe to call twice."""
        gone, self._id = self._id, ""
        try:
            if gone and self.blueprint.is_private:
                with suppress(EngineError):  # the keeper tries again
                    self.blueprint.place.engine.remove(gone)
        finally:
            while self._held:
                self._held.pop().release()
            if self.slot:
                self.slot.release()

    def facts(self) -> Mapping[str, Any]:
        """Return what another process of this run needs to reserve the same container, or one like it."""
        return {"image": self.blueprint.image, "reference": self.blueprint.reference}

    def resolve(self, *, promised: bool) -> None:
        """Find out key, slot and ports; keep ports that were promised."""
        if self.slot:
            self.slot.release()
        self.key, self.slot = self.blueprint.key(), None
        if self.blueprint.is_numbered:
            self.key, self.slot = free_slot(self.blueprint.place.home, self.key)
        if not promised:
            self._choose_ports()

    def _choose_ports(self, *, fresh: bool = False) -> None:
        home = self.blueprint.place.home
        names = {inside: f"{self.key}-{inside}" for inside in self.blueprint.service.ports}
        self.ports = {inside: ports.choose(home, name, fresh=fresh) for inside, name in names.items()}
        taken = [inside for inside, port in self.ports.items() if not ports.is_free(port)]
        if not taken or fresh:
            return
        found = self.handle.find()  # what listens is this very container, or a stranger
        for inside in taken:
            if found is None or found.ports.get(inside) != self.ports[inside]:
                self.ports[inside] = ports.choose(home, names[inside], fresh=True)

    def _joined(self, *, promised: bool) -> bool:
        """Take the container that is there already; where it is no good, remove it and return False.

        It has to run, at our ports. One that is private was made by this process before, and failed.
        """
        found = self.handle.find()
        if found is None:
            return False
        published = {inside: found.ports.get(inside, 0) for inside in self.blueprint.service.ports}
        runs = found.state == "running" and all(published.values())
        moved = promised and published != self.ports
        if runs and moved and self.blueprint.service.shared:
            raise StartError(
                f"it has other ports than {_listed(self.ports)}, which were given away already",
                where=self.blueprint.where,
                hint="run again: another process started it in between",
            )
        if not runs or moved or self.blueprint.is_private:
            self.handle.remove()
            return False
        self.ports, self._id = published, found.id
        known = self.handle.known()
        self._warm = known is not None and (known.id, known.started) == (found.id, found.started)
        return True

    def _create(self, *, promised: bool) -> str:
        place, service = self.blueprint.place, self.blueprint.service.name
        for attempt in range(1 if promised else ATTEMPTS):
            if attempt:
                self._choose_ports(fresh=True)
            recipe = self.blueprint.recipe(self.key, self.ports)
            try:
                return containers.create(place.engine, recipe, service=service, home=place.home, environ=place.environ)
            except containers.PortTakenError:
                continue
        raise StartError(
            f"another program listens on one of its ports {_listed(self.ports)}",
            where=self.blueprint.where,
            hint="run again: other ports will be chosen",
        )

    def _await(self) -> None:
        service, handle = self.blueprint.service, self.handle
        try:
            found = handle.check(self._id)
            if self._warm and service.ready.how in {"log", "command"}:
                return
            sign = Sign(
                place=self.blueprint.place,
                ready=service.ready,
                endpoint=self.endpoint,
                container=self._id,
                log=handle.log,
                since=moment(found.started),
                linger=BRIEFLY if self._warm else LINGER,
            )
            await_sign(sign, began=self._begun, timeout=service.timeout, check=lambda: handle.check(self._id))
            found = handle.check(self._id)  # what it said may have been its last words
        except NotReadyError as error:
            failure = handle.failed(str(error))
            self._discard()
            raise failure from None
        except StartError:
            self._discard()
            raise
        handle.note(found, self.ports)

    def _discard(self) -> None:
        """Remove what did not become ready, unless others may use it already."""
        if self._made or not self.blueprint.service.shared:
            self.handle.remove()

    @contextmanager
    def _given_back_on_failure(self) -> Iterator[None]:
        try:
            with self._told():
                yield
        except BaseException:
            self.release()
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say which service an engine that does not answer fails."""
        try:
            yield
        except EngineError as error:
            raise self.blueprint.place.engine_failed(self.blueprint.service.name, error) from None


def reserve(service: Service, *, place: Place, site: Site, told: Mapping[str, Any] | None = None) -> CustomContainer:
    """Choose the container for a service, and its ports; start nothing.

    ``told`` are another process's `CustomContainer.facts`. Raise `ProviderError` where the engine does not answer, or
    the folder to build from has no ``Dockerfile``.
    """
    image = ""
    if told:
        reference, image = told["reference"], told["image"]
    elif service.build:
        folder = site.root / service.build
        reference = build.reference_of(folder, project=site.project, service=service.name, home=place.home)
    else:
        reference = reference_of(service, None)
    blueprint = Blueprint(place=place, service=service, site=site, reference=reference, image=image)
    try:
        reserved = CustomContainer(blueprint=blueprint.found())
        reserved.resolve(promised=False)
    except EngineError as error:
        raise place.engine_failed(service.name, error) from None
    return reserved


def _listed(published: Mapping[int, int]) -> str:
    return ", ".join(map(str, published.values()))
