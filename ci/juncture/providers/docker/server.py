"""The docker provider: real servers in containers that outlive a run, found again by what they are made from.

A container's name is the hash of all that it is made from, so that two that differ never meet and two that do not are
one; where each worker needs one of its own, a number follows. Who uses it holds a lease; the keeper removes it when
nobody did for a while. The server proves who it is, since its password is made from the home's secret and its key.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError, StartError
from juncture.host import ports
from juncture.host.engine import EngineError
from juncture.model import Endpoint
from juncture.providers.abandoned import empty_abandoned
from juncture.providers.docker import keys, share
from juncture.providers.docker.bring_up import BringUp, port_for
from juncture.providers.docker.containers import Recipe
from juncture.providers.docker.images import obtain, reference_of, version_of
from juncture.providers.docker.keys import password_of
from juncture.providers.docker.log import EngineLog
from juncture.providers.docker.places import Place, home_id
from juncture.providers.reservation import Server
from juncture.services.addresses import with_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Service
    from juncture.host import leases
    from juncture.services.kinds import Image, Kind

__all__ = ["ContainerServer", "Place", "home_id", "key_of", "password_of", "reserve"]


@dataclass(slots=True, kw_only=True)
class ContainerServer:
    """A reserved server in a container. What depends on its image is known once the engine has that.

    ``image`` is the image's id, empty until then; ``family`` is what the keys of all such containers begin with.
    ``slot`` is the number of this process's namespace on it, or of the container, and ``lease`` what makes it ours.
    """

    place: Place
    service: Service
    kind: Kind
    recipe: Image
    reference: str
    image: str = ""
    volumes: tuple[str, ...] = ()
    family: str = ""
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
            version=version or version_of(self.reference),
            host=self.place.reach.host,
            port=self.port,
            user=self.kind.user,
            password=password_of(self.place.home, self.key),
            database=self.kind.database,
            shared=self.shared,
            ports=with_first(self.kind, self.port, self.further),
            inside=(self.name, self.recipe.port),
        )
        return replace(endpoint, url=self.kind.url(endpoint))

    @property
    def further(self) -> tuple[tuple[int, int], ...]:
        """The kind's further ports, as they were chosen last by any process of this home."""
        return ports.further(self.place.home, self.key, self.kind.ports)

    @property
    def endpoint(self) -> Endpoint:
        """Where this process's namespace is, or the server where it has none yet."""
        if self.recipe.slots is None or self.slot is None:
            return self.admin
        return self.recipe.slots.at(self.admin, self.slot)

    @property
    def shared(self) -> bool:
        """Whether other processes use the container too."""
        return self.recipe.sharing == "host"

    @property
    def log(self) -> EngineLog:
        """The container's log, as the engine keeps it."""
        return EngineLog(self.place.engine, self.name)

    def start(self, *, promised: bool) -> Server:
        """Return the server, running and probed, with a lease on it; its image is pulled first where it is missing."""
        began = time.monotonic()
        self.obtain(promised=promised)
        bring_up, further = self._bring_up(), self.further
        try:
            up = bring_up.up(self.port, promised=promised)
            if promised and (up.port, self.further) != (self.port, further):
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
            shared=self.shared,
            collect=lambda: empty_abandoned(self.kind, self.recipe.slots, self.admin, self.key, self.place.home),
            after=bring_up.discard if self._once else None,
        )

    def resolve(self) -> None:
        """Find out the key, lease what there is to lease, and find out the port."""
        self.family = self._family()
        self.take()
        self._find_port()

    def take(self, wanted: int | None = None) -> None:
        """Lease a namespace of the server, or a container of one's own: ``wanted``, or a free one."""
        if self.lease:
            self.lease.release()
        taken = share.take(self.place.home, self.recipe, self.family, kept=self.kept, wanted=wanted)
        if taken is None:
            self._broken_promise()
        else:
            self.key, self.slot, self.lease = taken.key, taken.slot, taken.lease

    def facts(self) -> Mapping[str, Any]:
        """Return what another process of this run needs to reserve the same container."""
        return {"image": self.image, "volumes": self.volumes, "family": self.family, "port": self.port}

    def told(self, facts: Mapping[str, Any]) -> None:
        """Take in another process's `facts`; a container of one's own has a port of its own."""
        self.image, self.volumes = facts["image"], tuple(facts["volumes"])
        self.family, self.port = facts["family"], facts["port"]
        self.take()
        if not self.shared:
            self._find_port()

    def obtain(self, *, promised: bool) -> None:
        """Have the image, which is pulled where it is missing; where no port was promised, all may change with it."""
        if self.image:
            return
        try:
            self.has(obtain(self.place, self.reference, service=self.service.name))
            if not promised:
                self.resolve()
                return
            self.family = self._family()
        except EngineError as error:
            raise self.place.engine_failed(self.service.name, error) from None
        self.take(self.slot)

    def has(self, image: Mapping[str, Any]) -> None:
        """Take in what the engine knows of the image."""
        self.image = str(image["Id"])
        self.volumes = tuple(sorted((image.get("Config") or {}).get("Volumes") or {}))

    def _family(self) -> str:
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

    def _find_port(self) -> None:
        try:
            self.port = port_for(self.key, self.place.home, self._running_port)
        except BaseException:
            if self.lease:
                self.lease.release()
            raise

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

        def placed(text: str) -> str:
            return text.replace("{host}", place.reach.host).replace("{port}", str(port))

        return Recipe(
            name=self.name,
            home_id=home_id(place.home),
            key=self.key,
            kind=self.kind.name,
            image=self.image,
            command=tuple(map(placed, recipe.command)),
            environment={name: placed(text) for name, text in recipe.environment(password).items()},
            files=recipe.files(password),
            tmpfs=self._tmpfs,
            health=recipe.health,
            memory=recipe.memory,
            ports={recipe.port: port, **dict(self._free(port))},
            bind=place.reach.bind,
            trusted=True,
            run=place.run if self._once else "",
        )

    def _free(self, port: int) -> tuple[tuple[int, int], ...]:
        """Return the further ports of a container that is just made; those that a stranger took are chosen anew."""
        if port and not all(ports.is_free(outside) for _, outside in self.further):
            return ports.further(self.place.home, self.key, self.kind.ports, fresh=True)
        return self.further

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
    try:
        if told and told["image"]:
            reserved.told(told)
            return reserved
        if found := place.engine.image(reserved.reference):
            reserved.has(found)
        reserved.resolve()
    except EngineError as error:
        raise place.engine_failed(service.name, error) from None
    return reserved


def key_of(service: Service, kind: Kind, *, place: Place) -> str | None:
    """Return the key of the container that a service asks for now; None where the engine does not have its image.

    It is what the keys begin with where each worker has a container of its own. Nothing is reserved. Raise
    `EngineError` where the engine does not answer.
    """
    if kind.image is None or (found := place.engine.image(reference_of(service, kind.image))) is None:
        return None
    asked = ContainerServer(
        place=place, service=service, kind=kind, recipe=kind.image, reference=reference_of(service, kind.image)
    )
    asked.has(found)
    return asked._family()  # noqa: SLF001 - of this module
