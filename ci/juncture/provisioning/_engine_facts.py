"""Gather what there is to know of the Docker engine, and of a service that runs in its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from juncture.errors import JunctureError
from juncture.host import engine as engines
from juncture.host.engine import EngineError
from juncture.providers.docker import images, sdk
from juncture.providers.docker.reach import reach_of
from juncture.provisioning import _containers
from juncture.provisioning._facts import DockerFacts, ServiceFacts
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from juncture.config import Service
    from juncture.host.engine import Engine

__all__ = ["container_facts", "docker_facts"]

EVERYBODY = ("0.0.0.0", "::", "")  # noqa: S104 - this is what must not be
"""Addresses of a port that the whole network can reach."""


def docker_facts(environ: Mapping[str, str]) -> DockerFacts:
    """Ask the engine who it is, and what containers of ours it has; start nothing."""
    address = engines.address_of(environ)
    engine = engines.locate(environ)
    if engine is None:
        return DockerFacts(address=address, state="absent")
    try:
        version = engine.version()
        memory = int(engine.ask("GET", "/info").get("MemTotal") or 0)
        apart = reach_of(engine).apart
    except PermissionError:
        return DockerFacts(address=address, state="forbidden")
    except (EngineError, JunctureError, OSError):
        return DockerFacts(address=address, state="silent")
    return DockerFacts(
        address=address,
        state="answers",
        version=version,
        sdk=sdk.is_installed(),
        apart=apart,
        memory=memory,
        exposed=tuple(_exposed(environ)),
    )


def container_facts(service: Service, why: str, environ: Mapping[str, str]) -> ServiceFacts:
    """Return what a service would be in a container; an engine that says nothing is told of by itself."""
    reference = images.reference_of(service, kind(service.kind).image)
    engine = engines.locate(environ)
    found = _image(engine, reference) if engine and reference else None
    return ServiceFacts(
        name=service.name,
        kind=service.kind,
        provider="docker",
        why=why,
        asked=service.version,
        image=reference,
        pinned=bool(service.digest),
        present=found is not None,
        digest=images.digest_of(reference, found) if found else "",
    )


def _exposed(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for container in _containers.look(environ).containers:
        for binding in container.bindings:
            if binding.rpartition(":")[0].strip("[]") in EVERYBODY:
                yield container.name, binding


def _image(engine: Engine, reference: str) -> Mapping[str, Any] | None:
    try:
        return engine.image(reference)
    except (EngineError, OSError):
        return None
