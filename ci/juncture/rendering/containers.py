"""How a declared service is a container that a CI platform starts: from its image, variables and, where it can, words.

What a kind's own start-up needs beyond that (files, a server for each worker) no platform gives: such services, and
processes of the project's own, are started by juncture inside of the job.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.isolation.scope import filled
from juncture.model import Endpoint
from juncture.services import kind as kind_of
from juncture.values import Value

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.services.kinds import Kind

__all__ = ["PASSWORD", "Container", "as_container", "reference_of", "why_engine"]

PASSWORD = "juncture"  # noqa: S105 - of a server that only its own job reaches, for as long as that runs

SWIFT = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""What a PostgreSQL need not do that nobody restarts: clones of databases then take a tenth of the time."""

INITDB_SETS = 16
"""The first major version whose ``initdb`` takes settings; a platform without commands has no other way."""

MOVED_DATA = 18
"""The first major version whose image has its data one folder further up."""


class Container(Value, kw_only=True):
    """A service as a container.

    ``image`` is pinned by its digest. ``ports`` are those inside, the first is the service's. ``environment`` is the
    container's own, ``variables`` are parts of ``JUNCTURE_NAME_...`` that the tests need besides host and port.
    ``command`` replaces the image's where the platform has commands; ``environment_alone`` is added where it has not.
    One that ``needs_command`` is another server without it, not just a slower or a smaller one. ``health`` is a shell
    command inside of it, empty for none, and ``tmpfs`` are folders for data in memory.
    """

    name: str
    image: str
    ports: tuple[int, ...]
    environment: tuple[tuple[str, str], ...] = ()
    environment_alone: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    needs_command: bool = False
    health: str = ""
    tmpfs: tuple[str, ...] = ()


def reference_of(service: Service) -> str:
    """Return the reference of the image that a service is, declared or the catalogue's; empty where it has none.

    It ends in the digest where the declaration has one.
    """
    image = kind_of(service.kind).image
    name = service.image or (image.reference(service.version) if image else "")
    return f"{name}@{service.digest}" if name and service.digest and "@" not in name else name


def as_container(service: Service, image: str) -> Container | None:
    """Return the service as a container of the pinned ``image``; None where juncture starts it in the job."""
    kind = kind_of(service.kind)
    match service.kind:
        case "postgres":
            return _postgres(service, image, kind)
        case "redis" | "valkey":
            return _redis(service, image, kind)
        case "mariadb" | "mysql":
            return _mysql(service, image, kind)
        case "rabbitmq":
            return _rabbitmq(service, image, kind)
        case "container":
            return _declared(service, image)
        case _:
            return None


def why_engine(service: Service) -> str:
    """Return why juncture starts a service by an engine alone; empty where it has another way, or starts a process."""
    if service.kind != "container":
        kind = kind_of(service.kind)
        return "" if kind.image is None or kind.embedded else "juncture knows no other way to start it"
    if service.build:
        return f"it is built from {service.build}"
    if service.named:
        return "it is made for other services"
    if not service.shared:
        return "each worker has one of its own, as it is not `shared`"
    if service.ready and service.ready.how == "log":
        return "a line of its log tells when it is ready, and no platform waits for that"
    return "" if service.ports else "it publishes no port"


def _postgres(service: Service, image: str, kind: Kind) -> Container:
    major = _major(service, kind)
    initdb = " ".join(["--no-sync", *(f"--set {setting}" for setting in SWIFT if major >= INITDB_SETS)])
    return Container(
        name=service.name,
        image=image,
        ports=(5432,),
        environment=(("POSTGRES_PASSWORD", PASSWORD),),
        environment_alone=(("POSTGRES_INITDB_ARGS", initdb),),
        variables=(("PASSWORD", PASSWORD),),
        command=("postgres", *(f"--{setting}" for setting in (*SWIFT, "max_connections=300"))),
        health="pg_isready -q -h 127.0.0.1 -U postgres",
        tmpfs=("/var/lib/postgresql" if major >= MOVED_DATA else "/var/lib/postgresql/data",) if major else (),
    )


def _redis(service: Service, image: str, kind: Kind) -> Container:
    return Container(
        name=service.name,
        image=image,
        ports=(6379,),
        command=(f"{kind.name}-server", "--databases", "1024", "--save", "", "--appendonly", "no"),
        health=f"{kind.name}-cli ping | grep -q PONG",
        tmpfs=("/data",),
    )


def _mysql(service: Service, image: str, kind: Kind) -> Container | None:
    if kind.image is None:
        return None
    return Container(
        name=service.name,
        image=image,
        ports=(kind.image.port,),
        environment=tuple(sorted(kind.image.environment(PASSWORD).items())),
        variables=(("PASSWORD", PASSWORD),),
        command=kind.image.command,
        health=" ".join(kind.image.health),
        tmpfs=("/var/lib/mysql",),
    )


def _rabbitmq(service: Service, image: str, kind: Kind) -> Container:
    return Container(
        name=service.name,
        image=image,
        ports=(5672, *kind.ports),
        environment=(("RABBITMQ_DEFAULT_PASS", PASSWORD), ("RABBITMQ_DEFAULT_USER", "juncture")),
        variables=(("USER", "juncture"), ("PASSWORD", PASSWORD)),
        health="rabbitmq-diagnostics -q check_port_connectivity",
    )


def _declared(service: Service, image: str) -> Container | None:
    """Return a container that only the declaration knows; None where no platform can start it as it is declared."""
    if why_engine(service):
        return None
    own = {service.name: _from_inside(service)}
    return Container(
        name=service.name,
        image=image,
        ports=service.ports,
        environment=tuple(sorted((name, filled(template, own)) for name, template in service.env)),
        command=tuple(shlex.split(filled(service.command, own, shlex.quote))) if service.command else (),
        needs_command=service.command is not None,
        health=service.ready.value if service.ready.how == "command" else "",
    )


def _from_inside(service: Service) -> Endpoint:
    """Return where other containers reach a declared one, and itself too: by its name, at its own ports."""
    endpoint = Endpoint(
        service=service.name,
        kind=service.kind,
        provider="docker",
        product=service.kind,
        version="",
        host=service.name,
        port=service.ports[0],
        ports=tuple((port, port) for port in service.ports),
    )
    return replace(endpoint, url=kind_of(service.kind).url(endpoint))


def _major(service: Service, kind: Kind) -> int:
    """Return the server's major version; 0 where an image of the project's own does not tell it."""
    version = service.version or ("" if service.image else kind.image.version if kind.image else "")
    found = re.match("[0-9]+", version)
    return int(found[0]) if found else 0
