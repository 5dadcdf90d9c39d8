"""What a home folder has on a Docker engine, asked of the engine itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from juncture.host import keeper, leases
from juncture.providers.docker.containers import HOME_LABEL
from juncture.providers.docker.server import home_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.host.engine import Engine

IMAGES = {"JUNCTURE_DB_IMAGE": "juncture-test/postgres:15", "JUNCTURE_CACHE_IMAGE": "juncture-test/redis:7"}
"""The variables that have a ``db`` and a ``cache`` run from the test images."""


@dataclass(frozen=True, slots=True)
class Moorings:
    """Containers, networks and volumes that a home made on an engine."""

    engine: Engine
    home: Path

    @property
    def containers(self) -> dict[str, str]:
        """The ids of its containers, by name."""
        return {each["Names"][0].lstrip("/"): each["Id"] for each in self.engine.containers(self._label)}

    @property
    def networks(self) -> list[str]:
        """The names of its networks."""
        return [each["Name"] for each in self._labelled("/networks")]

    @property
    def volumes(self) -> list[str]:
        """The names of its volumes, and of those without a label that its containers mount."""
        labelled = [each["Name"] for each in self._labelled("/volumes")["Volumes"] or []]
        mounts = [mount for name in self.containers for mount in self._inspected(name)["Mounts"]]
        return labelled + [mount["Name"] for mount in mounts if mount["Type"] == "volume"]

    @property
    def addresses(self) -> list[str]:
        """The host's addresses that its containers publish ports on."""
        published = [self._inspected(name)["NetworkSettings"]["Ports"] for name in self.containers]
        return [each["HostIp"] for ports in published for bindings in ports.values() for each in bindings or ()]

    @property
    def leased_slots(self) -> list[str]:
        """The names of the slots that somebody holds."""
        held = []
        for path in sorted((self.home / "leases").glob("slot-*")):
            lease = leases.attempt(path, exclusive=True)
            if lease:
                lease.release()
            else:
                held.append(path.name)
        return held

    def remove(self) -> None:
        """Remove all of it."""
        for identity in self.containers.values():
            self.engine.remove(identity)
        for name in self.networks:
            self.engine.ask("DELETE", f"/networks/{name}", patience=30)
        for running in keeper.running(self.home):
            keeper.stop(self.home, running.key)

    @property
    def _label(self) -> str:
        return f"{HOME_LABEL}={home_id(self.home)}"

    def _labelled(self, path: str) -> Any:
        return self.engine.ask("GET", f"{path}?filters={quote(json.dumps({'label': [self._label]}))}")

    def _inspected(self, name: str) -> Mapping[str, Any]:
        found = self.engine.container(name)
        assert found is not None, f"{name} is gone"
        return found
