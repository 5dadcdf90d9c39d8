"""What a container that only the declaration knows is made from, for whom, and by what name it is found again."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from juncture.host.engine import EngineError
from juncture.model import Endpoint
from juncture.providers.docker import build, images
from juncture.providers.docker.containers import Recipe
from juncture.providers.docker.places import VERSION, home_id
from juncture.services.container import KIND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from juncture.config import Service
    from juncture.providers.docker.places import Place

__all__ = ["MEMORY", "Blueprint", "Filled", "Site"]

MEMORY = 4 * 1024**3
"""Bytes that a container may use: one that leaks ends by itself, and not the machine."""

Filled = tuple[tuple[str, ...], dict[str, str]]
"""A container's command, empty for that of its image, and its variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Whose container it is: a worker's of the project at ``root``.

    ``kept`` names one that outlives its users, ``passive`` says that this process only prepares what others use.
    ``fill`` returns the texts of the declaration with what they name, as it is seen from inside; it is asked when the
    container is made, and is given the container's own endpoint.
    """

    root: Path
    project: str
    worker: str
    kept: str
    passive: bool = False
    fill: Callable[[Endpoint], Filled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What a container is made from. ``image`` is the id, empty until the engine has it."""

    place: Place
    service: Service
    site: Site
    reference: str
    image: str = ""

    @property
    def names_others(self) -> bool:
        """Whether it is made for certain services, and ends with them."""
        return bool(self.service.named)

    @property
    def is_private(self) -> bool:
        """Whether it is made for the services of one worker."""
        return self.names_others and not self.service.shared

    @property
    def is_numbered(self) -> bool:
        """Whether it is one of many that are alike, each of which has one user at a time."""
        return not (self.service.shared or self.names_others or self.site.kept or self.site.passive)

    @property
    def run(self) -> str:
        """The id of the run that it is for; empty where others may use it too, or the next one of its name."""
        of_a_run = (self.names_others or self.service.reuse == "run") and not self.site.kept
        return self.place.run if of_a_run or self.place.reach.apart else ""

    @property
    def where(self) -> str:
        """What an error is about."""
        return f"service {self.service.name}, {self.reference}"

    def found(self) -> Blueprint:
        """Return it with the image that the engine has; itself where it has none. Nothing is pulled or built."""
        if self.image or (known := self.place.engine.image(self.reference)) is None:
            return self
        return replace(self, image=str(known["Id"]))

    def obtained(self) -> Blueprint:
        """Return it with its image, pulled or built where it is not there; raise `ProviderError` where it can't be."""
        place, service = self.place, self.service.name
        if self.image:
            return self
        try:
            if self.service.build:
                known = build.build(place, self.site.root / self.service.build, self.reference, service=service)
            else:
                known = images.obtain(place, self.reference, service=service)
        except EngineError as error:
            raise place.engine_failed(service, error) from None
        return replace(self, image=str(known["Id"]))

    def key(self) -> str:
        """Return the name of what it is made from, and for whom: no port and no chance is part of it."""
        service, site, place = self.service, self.site, self.place
        identity = [
            VERSION,
            home_id(place.home),
            str(site.root),
            service.name,
            self.image or self.reference,
            service.command.text if service.command else "",
            [(name, template.text) for name, template in service.env],
            service.ports,
            service.shared,
            site.kept,
            self.run,
            site.worker if self.is_private else "",
        ]
        called = re.sub(r"[^a-z0-9]+", "-", service.name.lower()).strip("-")[:20]
        return f"{service.kind}-{called}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:12]}"

    def endpoint(self, key: str, ports: Mapping[int, int]) -> Endpoint:
        """Return where the container of a key is, with its ports from inside to the host's."""
        product, _, version = self.reference.partition("@")[0].rpartition("/")[2].partition(":")
        first = next(iter(ports), 0)
        endpoint = Endpoint(
            service=self.service.name,
            kind=self.service.kind,
            provider="docker",
            product=product,
            version=version,
            host=self.place.reach.host,
            port=ports.get(first, 0),
            shared=self.service.shared,
            ports=tuple(ports.items()),
            inside=(f"juncture-{key}", first),
        )
        return replace(endpoint, url=KIND.url(endpoint) if first else "")

    def recipe(self, key: str, ports: Mapping[int, int]) -> Recipe:
        """Return all that the container of a key is created with."""
        command, variables = self.site.fill(self.endpoint(key, ports))
        return Recipe(
            name=f"juncture-{key}",
            home_id=home_id(self.place.home),
            key=key,
            kind=self.service.kind,
            image=self.image,
            command=command,
            environment=variables,
            files={},
            tmpfs=(),
            health=(),
            memory=MEMORY,
            ports=ports,
            bind=self.place.reach.bind,
            trusted=False,
            run=self.run,
        )
