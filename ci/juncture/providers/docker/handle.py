"""A hold on one container of ours, by its key: find it, see that it runs, tell why it does not, remove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.host import keeper
from juncture.host.folders import private_folder
from juncture.providers.docker import containers
from juncture.providers.docker.log import EngineLog, tail
from juncture.providers.docker.places import Known, home_id, known_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.providers.docker.places import Place

__all__ = ["Handle"]

LONGEST_LOG = 1024 * 1024
"""Bytes of the log of a failed container that are kept, from its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """The container of a key, which may not be there. ``where`` is what an error is about."""

    place: Place
    service: str
    key: str
    where: str

    @property
    def name(self) -> str:
        """The container's name."""
        return f"juncture-{self.key}"

    @property
    def log(self) -> EngineLog:
        """Its log, as the engine keeps it."""
        return EngineLog(self.place.engine, self.name)

    def find(self) -> containers.Found | None:
        """Return the container as it is now; None where there is none."""
        home = self.place.home
        return containers.find(self.place.engine, self.name, home_id=home_id(home), key=self.key, service=self.service)

    def remove(self) -> None:
        """Remove the container in whatever state it is, and what is written down of it."""
        home = self.place.home
        known_path(home, self.key).unlink(missing_ok=True)
        containers.remove(self.place.engine, self.name, home_id=home_id(home), key=self.key, service=self.service)

    def known(self) -> Known | None:
        """Return what is written down of it since it was ready."""
        return Known.read(known_path(self.place.home, self.key))

    def note(self, found: containers.Found, ports: Mapping[int, int]) -> None:
        """Write down that it is ready."""
        known = Known(found.id, next(iter(ports.values()), 0), found.started)
        known.write(known_path(self.place.home, self.key))

    def watch(self, ports: Mapping[int, int], *, idle: float, once: bool) -> None:
        """Have the keeper remove it when nobody has used it for ``idle`` seconds; it need not be there yet.

        ``once`` says that it is made for one run.
        """
        place = self.place
        port = next(iter(ports.values()), 0)
        keeper.watch(
            place.home,
            keeper.Watch(
                key=self.key,
                engine=place.engine,
                name=self.name,
                home_id=home_id(place.home),
                port=port,
                idle=idle,
                once=once,
            ),
        )

    def check(self, container: str) -> containers.Found:
        """Return the container of that id. Raise `StartError` where it has ended; a restart is no end."""
        found = self.find()
        if found is None or found.id != container:
            raise StartError("somebody removed its container", where=self.where)
        if found.state in {"running", "restarting"}:
            return found
        if found.state != "exited":
            raise self.failed(f"its container is {found.state}")
        memory = ": out of memory" if found.oom else ""
        raise self.failed(f"its container ended with exit code {found.exit_code}{memory}")

    def failed(self, what: str) -> StartError:
        """Return the error that says what failed with the end of the log, of which a copy is kept."""
        path = private_folder(self.place.home, "logs") / f"{self.key}.log"
        path.write_bytes(self.log.since(0, LONGEST_LOG))
        return StartError(f"{what}\n{tail(self.log)}".rstrip(), where=self.where, hint=f"its whole log is {path}")
