"""The servers of a home that run in containers: what there is, whose it is, and how it is stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from juncture.host import engine as engines
from juncture.host import leases, ports, slots, uses
from juncture.host.engine import EngineError
from juncture.host.folders import home, lease_path
from juncture.providers.docker import images, ours, server
from juncture.providers.docker.log import EngineLog
from juncture.providers.docker.places import Place
from juncture.providers.docker.share import belongs
from juncture.provisioning._rows import ServerStatus, administrator, kind_named
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from juncture.config import Config, Service
    from juncture.host.engine import Engine
    from juncture.model import Endpoint
    from juncture.providers.docker.ours import Container

__all__ = ["Docked", "admin_of", "asked", "logs", "look", "namespaces", "of", "rows", "stop", "version_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Docked:
    """The containers of a home, and the engine that has them; ``problem`` is why they can't be looked at.

    ``identity`` is what marks them, None where the home never made any.
    """

    engine: Engine | None = None
    identity: str | None = None
    containers: tuple[Container, ...] = ()
    problem: str = ""


def look(environ: Mapping[str, str]) -> Docked:
    """Return the containers of this home, whatever their state."""
    folder = home(environ)
    engine = engines.locate(environ)
    identity = ours.known_home_id(folder)
    if identity is None:
        return Docked(engine=engine)
    made = (folder / "run" / "containers").is_dir()
    if engine is None:
        where = engines.address_of(environ)
        return Docked(identity=identity, problem=f"no Docker engine is at {where}" if made else "")
    try:
        found = tuple(ours.containers(engine, identity))
    except PermissionError:
        what = f"you may not use the Docker engine at {engine.address}"
        return Docked(identity=identity, problem=what if made else "")
    except EngineError as error:
        what = f"the Docker engine at {engine.address} does not answer: {error}"
        return Docked(identity=identity, problem=what if made else "")
    return Docked(engine=engine, identity=identity, containers=found)


def of(config: Config, service: Service, *, environ: Mapping[str, str], docked: Docked) -> list[tuple[Container, bool]]:
    """Return the containers of a service, and whether each is what the declaration asks for now; oldest first."""
    if not docked.containers or docked.engine is None:
        return []
    folder = home(environ)
    current = _current(service, docked.engine, environ)
    declared = images.reference_of(service, kind(service.kind).image)
    use = uses.Use(config.root, service.name)
    found = []
    for container in docked.containers:
        if current and belongs(container.key, current):  # of all that its image is called, people know what they wrote
            found.append((replace(container, image=declared or container.image), True))
        elif use in uses.uses(folder, container.key):
            found.append((container, current is None or service.reuse == "run"))
    return sorted(found, key=lambda pair: pair[0].created)


def rows(
    found: Iterable[tuple[Container, bool]],
    service: str,
    *,
    home: Path,
    docked: Docked,
    count: Callable[[Endpoint], int | None],
) -> Iterator[ServerStatus]:
    """Yield a row for each container; ``found`` says which are current."""
    if docked.engine is None:
        return
    for container, current in found:
        yield ServerStatus(
            service=service,
            kind=container.kind,
            product=container.kind,
            version=version_of(container.image) if kind_named(container.kind) else "",
            provider="docker",
            state=container.state,
            image=container.image,
            current=current,
            address=", ".join(container.bindings),
            age=max(0.0, time.time() - container.started) if container.started else None,
            leases=leases.holders(lease_path(home, f"server-{container.key}")),
            namespaces=namespaces(container, home=home, docked=docked, count=count),
            size=container.memory,
        )


def stop(config: Config, service: Service, *, environ: Mapping[str, str], docked: Docked) -> Iterator[tuple[str, bool]]:
    """Remove the containers of a service that nobody uses; yield each key, and whether it is gone."""
    for container, _ in of(config, service, environ=environ, docked=docked):
        assert docked.engine is not None  # noqa: S101 - it told us of the container
        yield container.key, ours.remove(docked.engine, home(environ), container)


def logs(config: Config, service: Service, *, environ: Mapping[str, str], docked: Docked) -> list[EngineLog]:
    """Return the logs of a service's containers, oldest container first."""
    if docked.engine is None:
        return []
    found = of(config, service, environ=environ, docked=docked)
    return [EngineLog(docked.engine, container.name) for container, _ in found]


def asked(service: Service, docked: Docked) -> tuple[str, bool]:
    """Return the image that a service would run from, and whether the engine would have to pull it."""
    reference = images.reference_of(service, kind(service.kind).image)
    try:
        missing = bool(reference) and docked.engine is not None and docked.engine.image(reference) is None
    except (EngineError, OSError):
        return reference, False
    return reference, missing


def version_of(image: str) -> str:
    """Return the version that an image's tag tells; empty where it tells none."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag.partition("-")[0] if tag[:1].isdigit() else ""


def namespaces(
    container: Container, *, home: Path, docked: Docked, count: Callable[[Endpoint], int | None]
) -> int | None:
    """Return how many namespaces are in use, or kept, in a container; None where it has none, or does not tell."""
    what = kind_named(container.kind)
    if what is None or what.image is None or container.state != "running":
        return None
    if what.image.slots:
        return slots.held(home, container.key) + len(slots.given(home, container.key))
    admin = admin_of(container, home=home, docked=docked)
    return count(admin) if admin else None


def admin_of(container: Container, *, home: Path, docked: Docked) -> Endpoint | None:
    """Return the endpoint of a catalogue's server in a container; None where it has none now."""
    what = kind_named(container.kind)
    if what is None or what.image is None or docked.engine is None:
        return None
    port = dict(container.ports).get(what.image.port)
    if port is None:
        return None
    return administrator(
        what,
        "docker",
        host=docked.engine.host,
        port=port,
        password=server.password_of(home, container.key),
        further=ports.further(home, container.key, what.ports),
    )


def _current(service: Service, engine: Engine, environ: Mapping[str, str]) -> str | None:
    """Return the key that the declaration asks for now; None where that can't be told."""
    place = Place(home=home(environ), engine=engine, environ=environ, idle=0.0, run="")
    try:
        return server.key_of(service, kind(service.kind), place=place)
    except (EngineError, OSError):
        return None
