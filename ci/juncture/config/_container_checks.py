"""What must hold between the keys of one service that is, or may be, a container."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.config import _keys as keys
from juncture.config._reader import below
from juncture.config._wording import listed, quoted
from juncture.config.types import Ready

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.config._reader import Reader
    from juncture.config.types import Service

__all__ = ["check_sharing", "checked_container"]

_OUTER = ("environment", "command line")
"""Layers that no file can disagree with: what they say replaces what the file says."""


def checked_container(
    reader: Reader, service: Service, table: Mapping[str, object], options: Collection[str]
) -> Service:
    """Check image, ports and readiness against each other; return the service with the port that its readiness means.

    ``options`` are those of the service's kind. An image from outside of the files takes the place of a build and of a
    digest, which are about another one.
    """
    if keys.IMAGE.name in options:
        service = _with_one_image(reader, service, table, options)
    if keys.PORTS.name in options:
        return _with_port(reader, service)
    if keys.READY.name in options and not isinstance(table.get(keys.READY.name, ""), str):
        path = f"{below('services', service.name)}.ready"
        if reader.sound(path):
            reader.add(path, f'is a path for {service.kind}, such as "/health"; a table is for containers')
    return service


def check_sharing(reader: Reader, service: Service, services: Collection[Service]) -> None:
    """Note where a container for all workers names what each of them has of its own."""
    own = sorted(other.name for other in services if other.name in service.named and not other.shared)
    if service.shared and own:
        what = f"it names {listed(own)}, of which each worker has its own; leave it out, or name only what is shared"
        reader.add(f"{below('services', service.name)}.{keys.SHARED.name}", what)


def _with_one_image(reader: Reader, service: Service, table: Mapping[str, object], options: Collection[str]) -> Service:
    path = below("services", service.name)
    built, named = keys.BUILD.name in table, keys.IMAGE.name in table
    if keys.BUILD.name in options and not built and not named:
        reader.add(path, f'"image" or "build" is missing; for example image = {keys.IMAGE.example}')
    if built and named and keys.BUILD.name in options:
        reader.add(f"{path}.build", 'not beside "image": it is one or the other')
    if keys.DIGEST.name in table:
        image = table.get(keys.IMAGE.name, "")
        if isinstance(image, str) and "@" in image:
            reader.add(f"{path}.digest", f"{quoted(image)} has a digest already; leave one of them out")
        elif built and keys.BUILD.name in options:
            reader.add(f"{path}.digest", 'not beside "build": what is built here has no digest yet')
    if service.image and reader.sources[f"{path}.image"].layer in _OUTER:
        return replace(service, build="", digest="")
    return service


def _with_port(reader: Reader, service: Service) -> Service:
    path = below("services", service.name)
    if reader.sources[f"{path}.{keys.READY.name}"].layer == "default":
        service = replace(service, ready=Ready("tcp"))
    ready, ports = service.ready, service.ports
    if ready.how in ("log", "command") or not reader.sound(f"{path}.ports", f"{path}.ready"):
        return service
    if not ports:
        advice = f"add ports = {keys.PORTS.example}, or a `ready` that needs none: "
        reader.add(path, f'"ports" is missing: {_asks(ready)}; {advice}{{ log = "..." }} or {{ command = "..." }}')
    elif ready.port and ready.port not in ports:
        reader.add(f"{path}.ready", f"port {ready.port} is not in ports ({listed(map(str, ports))}); add it there")
    if ready.how == "http" and not ready.port and ports:
        return replace(service, ready=replace(ready, port=ports[0]))
    return service


def _asks(ready: Ready) -> str:
    return f"GET {ready.value} asks one" if ready.how == "http" else "a connection is made to one"
