"""See and stop the servers that a project uses on this host, whichever provider runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import JunctureError, LeaseError, ProviderError
from juncture.host.folders import home
from juncture.provisioning import _containers, _servers
from juncture.provisioning._rows import ServerStatus
from juncture.provisioning.choose import Terms, choose, provider_of
from juncture.services import kind
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from juncture.config import Config, Service
    from juncture.model import Endpoint, ProviderName
    from juncture.providers.docker.log import EngineLog
    from juncture.provisioning._containers import Docked

__all__ = ["ServerStatus", "container_logs", "log_paths", "status", "stop", "unseen"]


def status(
    config: Config,
    *,
    environ: Mapping[str, str],
    count: Callable[[Endpoint], int | None] = lambda _: None,
    every: bool = False,
) -> list[ServerStatus]:
    """Return one row per server of the declared services, those that are there and, where none is, one stopped row.

    ``count`` returns how many namespaces are on a server. ``every`` adds what this home runs for other projects, and
    what it can't say for whom.
    """
    folder = home(environ)
    docked, kept = _containers.look(environ), _servers.look(folder)
    rows: list[ServerStatus] = []
    shown: set[str] = set()
    for service in config.services:
        here = _containers.of(config, service, environ=environ, docked=docked)
        shown.update(container.key for container, _ in here)
        running = _servers.of(config, service, environ=environ, kept=kept)
        shown.update(server.key for server in running)
        provider = provider_of(config, service, environ)[0]
        found = [
            *(_external(config, service, environ) if provider == "external" else ()),
            *_containers.rows(here, service.name, home=folder, docked=docked, count=count),
            *_servers.rows(config, service, running, environ=environ, count=count),
        ]
        rows += found or [_stopped(service, provider, environ=environ, docked=docked)]
    if every:
        others = [(container, True) for container in docked.containers if container.key not in shown]
        rows += _containers.rows(others, "", home=folder, docked=docked, count=count)
        rows += _servers.other_rows([server for server in kept if server.key not in shown], home=folder)
    return rows


def stop(config: Config, *, environ: Mapping[str, str]) -> list[str]:
    """Stop the servers of the declared services and return their keys; what is in a container goes with it.

    Raise `LeaseError` naming those that a process still uses, `ProviderError` where the engine does not answer; what
    can be stopped is stopped all the same.
    """
    docked, kept = _containers.look(environ), _servers.look(home(environ))
    stopped: list[str] = []
    busy: list[str] = []
    for service in config.services:
        for key, done in (
            *_servers.stop(config, service, environ=environ, kept=kept),
            *_containers.stop(config, service, environ=environ, docked=docked),
        ):
            (stopped if done else busy).append(key)
    if busy:
        raise LeaseError(
            f"still in use: {', '.join(dict.fromkeys(busy))}",
            hint="a test run or a shell holds them; they stop by themselves when it ends",
        )
    if docked.problem:
        raise ProviderError(docked.problem, hint="start it, and say it again; containers were not looked at")
    return list(dict.fromkeys(stopped))


def unseen(environ: Mapping[str, str]) -> str:
    """Return why containers can't be looked at; empty where they can, or where this home never made one."""
    return _containers.look(environ).problem


def log_paths(config: Config, *, environ: Mapping[str, str]) -> dict[str, list[Path]]:
    """Return the log files of each declared service, oldest change first: those of servers that are processes."""
    return {service.name: _servers.logs(config, service, environ=environ) for service in config.services}


def container_logs(config: Config, *, environ: Mapping[str, str]) -> dict[str, list[EngineLog]]:
    """Return the logs of each declared service's containers, as the engine keeps them, oldest container first."""
    docked = _containers.look(environ)
    return {
        service.name: _containers.logs(config, service, environ=environ, docked=docked) for service in config.services
    }


def _external(config: Config, service: Service, environ: Mapping[str, str]) -> Iterator[ServerStatus]:
    """Yield the row of a server that somebody else runs: whether it answers, and what it is."""
    try:
        choice = choose(config, service, Terms(environ=environ, passive=True))
    except JunctureError:
        yield _row(service, "external", state="unusable")
        return
    if choice.slot:
        choice.slot.release()
    endpoint = choice.reserved.endpoint
    address = f"{endpoint.host}:{endpoint.port}"
    try:
        product, version = kind(service.kind).probe(endpoint)
    except (NotReadyError, JunctureError, OSError):
        yield _row(service, "external", state="silent", address=address)
        return
    yield _row(service, "external", state="running", address=address, product=product, version=version)


def _stopped(service: Service, provider: ProviderName, *, environ: Mapping[str, str], docked: Docked) -> ServerStatus:
    """Return the row of a service that nothing runs for: what would, and in what state that is."""
    if kind(service.kind).namespace == "process":
        return _row(service, "process")
    if provider == "docker":
        image, missing = _containers.asked(service, docked)
        state = "no image" if missing else "stopped"
        return _row(service, "docker", image=image, version=_containers.version_of(image), state=state)
    product, version = _servers.program(service, environ)
    return _row(service, "embedded", product=product, version=version)


def _row(  # noqa: PLR0913 - the cells that differ
    service: Service,
    provider: str,
    *,
    state: str = "stopped",
    product: str = "",
    version: str = "",
    image: str = "",
    address: str = "",
) -> ServerStatus:
    return ServerStatus(
        service=service.name,
        kind=service.kind,
        product=product or service.kind,
        version=version,
        provider=provider,
        state=state,
        image=image,
        address=address,
    )
