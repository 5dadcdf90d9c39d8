"""The docker provider: real servers in containers that outlive a run, found again by what they are made from.

A container's name is the hash of all that it is made from, so that two that differ never meet and two that do not are
one. Who uses it holds a lease; the keeper removes it when nobody did for a while. The server proves who it is, since
its password is made from the home's secret and its key.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError, StartError
from juncture.host import leases, ports, slots
from juncture.host.engine import EngineError
from juncture.host.folders import lease_path
from juncture.model import Endpoint
from juncture.providers.docker import keys
from juncture.providers.docker.abandoned import empty_abandoned
from juncture.providers.docker.bring_up import READY_WITHIN, BringUp
from juncture.providers.docker.containers import Recipe
from juncture.providers.docker.images import obtain, reference_of
from juncture.providers.docker.keys import password_of
from juncture.providers.docker.log import EngineLog
from juncture.providers.docker.places import Place, home_id
from juncture.providers.reservation import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Service
    from juncture.services.kinds import Image, Kind

__all__ = ["ContainerServer", "Place", "home_id", "key_of", "password_of", "reserve"]


@dataclass(slots=True, kw_only=True)
class ContainerServer:
    """A reserved server in a container. What depends on its image is known once the engine has that.

    ``image`` is the image's id, empty until then; ``slot`` the number of this process's namespace on it, and ``lease``
    what makes it ours.
    """

    place: Place
    service: Service
    kind: Kind
    recipe: Image
    reference: str
    image: str = ""
    volumes: tuple[str, ...] = ()
    key: str = ""
    port: int = 0
    slot: int | None = None
    lease: leases.Lease | None = None
    kept: str = ""
    _product: tuple[str, str] = field(default=("", ""))

    @property
    def name(self) -> str:
        """The container's name."""
        return f"juncture-{self.key}"

    @property
    def admin(self) -> Endpoint:
        """The server's endpoint for whoever makes namespaces on it."""
        product, version = self._product
        endpoint = Endpoint(
            service=self.service.name,
            kind=self.kind.name,
            provider="docker",
            product=product or self.kind.name,
            version=version or _version(self.reference),
            host=self.place.reach.host,
            port=self.port,
            user=self.kind.user,
            password=password_of(self.place.home, self.key),
            database=self.kind.database,
            shared=True,
            inside=(self.name, self.recipe.port),
        )
        return replace(endpoint, url=self.kind.url(endpoint))

    @property
    def endpoint(self) -> Endpoint:
        """Where this process's namespace is, or the server where it has none yet."""
        if self.recipe.slots is None or self.slot is None:
            return self.admin
        return self.recipe.slots.at(self.admin, self.slot)

    @property
    def log(self) -> EngineLog:
        """The container's log, as the engine keeps it."""
        return EngineLog(self.place.engine, self.name)

    def start(self, *, promised: bool) -> Server:
        """Return the server, running and probed, with a lease on it; its image is pulled first where it is missing."""
        began = time.monotonic()
        if not self.image:
            self._pull(promised=promised)
        bring_up = self._bring_up()
        try:
            up = bring_up.up(self.port, promised=promised)
            if promised and up.port != self.port:
                up.lease.release()
                self._broken_promise()
        except BaseException:
            if self.lease:
                self.lease.release()
            raise
        self.port = up.port
        return Server(
            endpoint=self.endpoint,
            key=self.key,
            lease=up.lease,
            slot=self.lease,
            started=up.made,
            seconds=time.monotonic() - began,
            log=self.log,
            shared=True,
            collect=lambda: empty_abandoned(self.kind, self.admin, self.key, self.place.home),
            after=bring_up.discard if self._once else None,
        )

    def resolve(self) -> None:
        """Find out the key and the port, and lease a slot."""
        self.key = self._key()
        self.port = self._port()
        self.take_slot()

    def take_slot(self, wanted: int | None = None) -> None:
        """Lease a namespace of the server, where it has such: ``wanted``, or a free one."""
        if self.lease:
            self.lease.release()
        if self.recipe.slots is None:
            return
        home, count = self.place.home, self.recipe.slots.count
        if self.kept:
            self.slot = slots.kept(home, self.key, self.kept, count)
        elif wanted is None:
            self.slot, self.lease = slots.free(home, self.key, count - slots.KEPT)
        else:
            self.lease = slots.take(home, self.key, wanted)
            if self.lease is None:
                self._broken_promise()

    def facts(self) -> Mapping[str, Any]:
        """Return what another process of this run needs to reserve the same container."""
        return {"image": self.image, "volumes": self.volumes, "key": self.key, "port": self.port}

    def _pull(self, *, promised: bool) -> None:
        try:
            self.has(obtain(self.place, self.reference, service=self.service.name))
            if not promised:
                self.resolve()
                return
            self.key = self._key()
        except EngineError as error:
            raise self.place.engine_failed(self.service.name, error) from None
        self.take_slot(self.slot)

    def has(self, image: Mapping[str, Any]) -> None:
        """Take in what the engine knows of the image."""
        self.image = str(image["Id"])
        self.volumes = tuple(sorted((image.get("Config") or {}).get("Volumes") or {}))

    def _key(self) -> str:
        return keys.key(
            self.kind.name,
            self.recipe,
            self.place,
            image=self.image,
            reference=self.reference,
            tmpfs=self._tmpfs,
            once=self._once,
        )

    @property
    def _tmpfs(self) -> tuple[str, ...]:
        """The folders that are in memory: those with data, and those that the image would make volumes for."""
        return tuple(sorted({*self.recipe.tmpfs, *self.volumes}))

    @property
    def _once(self) -> bool:
        """Whether the container is for this run alone."""
        return self.service.reuse == "run" or bool(self.place.reach.apart)

    def _port(self) -> int:
        """Return the port that the container has or, where none runs, will have: one that no stranger took."""
        if running := self._running_port():
            return running
        home = self.place.home
        path = lease_path(home, f"start-{self.key}")
        with leases.hold(path, exclusive=True, timeout=READY_WITHIN, purpose=f"choose a port for {self.reference}"):
            if running := self._running_port():  # what just took the port may be the very container
                return running
            port = ports.choose(home, self.key)
            return port if ports.is_free(port) else ports.choose(home, self.key, fresh=True)

    def _running_port(self) -> int | None:
        found = self._bring_up().find()
        return found.ports.get(self.recipe.port) if found and found.state == "running" else None

    def _bring_up(self) -> BringUp:
        return BringUp(
            place=self.place,
            service=self.service.name,
            reference=self.reference,
            name=self.name,
            key=self.key,
            inside=self.recipe.port,
            recipe=self._recipe,
            probe=self._probe,
            settle=lambda port: self.recipe.settle(replace(self.admin, port=port)),
            once=self._once,
        )

    def _recipe(self, port: int) -> Recipe:
        place, recipe = self.place, self.recipe
        password = password_of(place.home, self.key)
        return Recipe(
            name=self.name,
            home_id=home_id(place.home),
            key=self.key,
            kind=self.kind.name,
            image=self.image,
            command=recipe.command,
            environment=recipe.environment(password),
            files=recipe.files(password),
            tmpfs=self._tmpfs,
            health=recipe.health,
            memory=recipe.memory,
            ports={recipe.port: port},
            bind=place.reach.bind,
            trusted=True,
            run=place.run if self._once else "",
        )

    def _probe(self, port: int) -> None:
        self._product = self.kind.probe(replace(self.admin, port=port))

    def _broken_promise(self) -> None:
        raise StartError(
            f"it has another address than {self.endpoint.host}:{self.port}, which was given away already",
            where=f"service {self.service.name}",
            hint="run again: another process started it in between",
        )


def reserve(
    service: Service, kind: Kind, *, place: Place, kept: str = "", told: Mapping[str, Any] | None = None
) -> ContainerServer:
    """Choose the container for a service, a port for it and this process's namespace on it; start nothing.

    ``kept`` names a namespace that outlives its users; ``told`` are another process's `ContainerServer.facts`. Raise
    `ProviderError` where the kind has no image, or the engine does not answer.
    """
    if kind.image is None:
        raise ProviderError(f"a {kind.name} can't run in a container", where=f"service {service.name}")
    reserved = ContainerServer(
        place=place,
        service=service,
        kind=kind,
        recipe=kind.image,
        reference=reference_of(service, kind.image),
        kept=kept,
    )
    if told and told["image"]:
        reserved.image, reserved.volumes = told["image"], tuple(told["volumes"])
        reserved.key, reserved.port = told["key"], told["port"]
        reserved.take_slot()
        return reserved
    try:
        if found := place.engine.image(reserved.reference):
            reserved.has(found)
        reserved.resolve()
    except EngineError as error:
        raise place.engine_failed(service.name, error) from None
    return reserved


def key_of(service: Service, kind: Kind, *, place: Place) -> str | None:
    """Return the key of the container that a service asks for now; None where the engine does not have its image.

    Nothing is reserved. Raise `EngineError` where the engine does not answer.
    """
    if kind.image is None or (found := place.engine.image(reference_of(service, kind.image))) is None:
        return None
    asked = ContainerServer(
        place=place, service=service, kind=kind, recipe=kind.image, reference=reference_of(service, kind.image)
    )
    asked.has(found)
    return asked._key()  # noqa: SLF001 - of this module


def _version(reference: str) -> str:
    tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag.partition("-")[0]
