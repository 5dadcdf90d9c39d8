"""The servers of a home that are processes: those that the keeper keeps, and those that a run started itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host import keeper, leases, ports
from juncture.host.folders import data_folder, home, lease_path, secret
from juncture.providers import embedded, process
from juncture.providers.binaries import short
from juncture.provisioning._rows import ServerStatus, administrator, kind_named
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from juncture.config import Config, Service
    from juncture.host.keeper import Running
    from juncture.model import Endpoint

__all__ = ["admin_of", "logs", "look", "of", "other_rows", "program", "rows", "size_of", "stop"]


def look(folder: Path) -> list[Running]:
    """Return the servers that the keeper runs as processes of its own."""
    return [server for server in keeper.running(folder) if server.pid] if folder.is_dir() else []


def of(config: Config, service: Service, *, environ: Mapping[str, str], kept: Iterable[Running]) -> list[Running]:
    """Return the running servers of a service."""
    prefix = _family(config, service, environ)
    return [server for server in kept if _belongs(server.key, prefix)]


def rows(
    config: Config,
    service: Service,
    running: Iterable[Running],
    *,
    environ: Mapping[str, str],
    count: Callable[[Endpoint], int | None],
) -> Iterator[ServerStatus]:
    """Yield one row per running server of a service, or per run that has a process of it."""
    folder = home(environ)
    if kind(service.kind).namespace == "process":
        yield from _processes(config, service, folder)
        return
    for server in running:
        yield _row(server, folder, service=service.name, program=program(service, environ), count=count)


def other_rows(running: Iterable[Running], *, home: Path) -> Iterator[ServerStatus]:
    """Yield one row per server that is none of the declared services'."""
    for server in running:
        product = server.key.partition("-")[0]
        yield _row(server, home, service="", program=(product, ""), count=lambda _: None)


def stop(
    config: Config, service: Service, *, environ: Mapping[str, str], kept: Iterable[Running]
) -> Iterator[tuple[str, bool]]:
    """Stop the servers of a service that nobody uses; yield each key, and whether it is stopped."""
    for server in of(config, service, environ=environ, kept=kept):
        yield server.key, keeper.stop(home(environ), server.key)


def logs(config: Config, service: Service, *, environ: Mapping[str, str]) -> list[Path]:
    """Return the log files of a service, oldest change first."""
    prefix = _family(config, service, environ)
    found = [path for path in (home(environ) / "logs").glob(f"{prefix}*.log") if prefix and _belongs(path.stem, prefix)]
    return sorted(found, key=lambda path: path.stat().st_mtime)


def program(service: Service, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return product and version of the program that would be started; empty where there is none."""
    try:
        _, binary = embedded.family(service, kind(service.kind), environ=environ)
    except ProviderError:
        return "", ""
    return binary.product, short(binary.version)


def admin_of(server: Running, *, home: Path) -> Endpoint | None:
    """Return the endpoint of a running server's administrator; None for what is none of the catalogue's."""
    what = kind_named(server.key.partition("-")[0])
    if what is None:
        return None
    further = ports.further(home, server.key, what.ports)
    return administrator(what, "embedded", host=embedded.HOST, port=server.port, password=secret(home), further=further)


def size_of(folder: Path) -> int | None:
    """Return the bytes of all files below a folder; None where it can't be read."""
    total = 0
    try:
        for parent, _, files in os.walk(folder):
            total += sum(Path(parent, name).stat().st_size for name in files)
    except OSError:
        return None
    return total


def _family(config: Config, service: Service, environ: Mapping[str, str]) -> str:
    """Return what the keys of a service's servers or processes begin with; empty where it can't be one here."""
    if kind(service.kind).namespace == "process":
        return process.family(config.root, service)
    try:
        return embedded.family(service, kind(service.kind), environ=environ)[0]
    except ProviderError:
        return ""


def _belongs(key: str, prefix: str) -> bool:
    return bool(prefix) and (key == prefix or key.startswith(f"{prefix}-"))


def _row(
    server: Running, folder: Path, *, service: str, program: tuple[str, str], count: Callable[[Endpoint], int | None]
) -> ServerStatus:
    admin = admin_of(server, home=folder)
    return ServerStatus(
        service=service,
        kind=server.key.partition("-")[0],
        product=program[0],
        version=program[1],
        provider="embedded",
        state="running",
        address=f"{embedded.HOST}:{server.port}",
        pid=server.pid,
        age=server.age,
        leases=leases.holders(lease_path(folder, f"server-{server.key}")),
        namespaces=count(admin) if admin else None,
        size=size_of(data_folder(folder) / server.key),
    )


def _processes(config: Config, service: Service, folder: Path) -> Iterator[ServerStatus]:
    """Yield one row per run that has a process of this service; the keeper knows none of them."""
    leased = (folder / "leases").glob(f"server-{process.family(config.root, service)}-*")
    for path in sorted(leased):
        if count := leases.holders(path):
            yield ServerStatus(
                service=service.name,
                kind=service.kind,
                product=service.kind,
                version="",
                provider="process",
                state="running",
                address=f"{ports.HOST}:{ports.choose(folder, path.name.removeprefix('server-'))}",
                leases=count,
            )
