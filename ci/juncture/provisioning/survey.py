"""See and stop the servers that a project uses on this host."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from juncture.errors import LeaseError
from juncture.host import keeper, leases, ports
from juncture.host.folders import data_folder, home, lease_path
from juncture.providers import embedded, process
from juncture.providers.binaries import short
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Config, Service

__all__ = ["ServerStatus", "log_paths", "status", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One server as people want to see it. ``age`` is in seconds, ``size`` in bytes; ``leases`` counts processes."""

    service: str
    kind: str
    product: str
    version: str
    provider: str
    state: Literal["running", "stopped"]
    address: str
    pid: int | None
    age: float | None
    leases: int
    size: int | None


def status(config: Config, *, environ: Mapping[str, str]) -> list[ServerStatus]:
    """Return one row per server of the declared services, running ones and, where none runs, one stopped row."""
    folder = home(environ)
    running = keeper.running(folder)
    rows = []
    for service in config.services:
        if kind(service.kind).namespace == "process":
            rows += _processes(config, service, folder)
            continue
        prefix, binary = embedded.family(service, kind(service.kind), environ=environ)
        found = [server for server in running if server.key == prefix or server.key.startswith(f"{prefix}-")]
        rows += [
            ServerStatus(
                service=service.name,
                kind=service.kind,
                product=binary.product,
                version=short(binary.version),
                provider="embedded",
                state="running",
                address=f"{embedded.HOST}:{server.port}",
                pid=server.pid,
                age=server.age,
                leases=leases.holders(lease_path(folder, f"server-{server.key}")),
                size=_size(data_folder(folder) / server.key),
            )
            for server in found
        ]
        if not found:
            rows.append(
                ServerStatus(
                    service=service.name,
                    kind=service.kind,
                    product=binary.product,
                    version=short(binary.version),
                    provider="embedded",
                    state="stopped",
                    address="",
                    pid=None,
                    age=None,
                    leases=0,
                    size=None,
                )
            )
    return rows


def stop(config: Config, *, environ: Mapping[str, str]) -> list[str]:
    """Stop the servers of the declared services and return their keys.

    Raise `LeaseError` naming those that a process still uses; the others are stopped all the same.
    """
    folder = home(environ)
    prefixes = {_family(config, service, environ) for service in config.services}
    stopped: list[str] = []
    busy: list[str] = []
    for server in keeper.running(folder):
        if any(server.key == prefix or server.key.startswith(f"{prefix}-") for prefix in prefixes):
            (stopped if keeper.stop(folder, server.key) else busy).append(server.key)
    if busy:
        raise LeaseError(
            f"still in use: {', '.join(busy)}",
            hint="a test run or a shell holds them; they stop by themselves when it ends",
        )
    return stopped


def log_paths(config: Config, *, environ: Mapping[str, str]) -> dict[str, list[Path]]:
    """Return the log files of each declared service, oldest change first."""
    folder = home(environ) / "logs"
    logs = {}
    for service in config.services:
        prefix = _family(config, service, environ)
        found = [path for path in folder.glob(f"{prefix}*.log") if path.stem == prefix or path.stem[len(prefix)] == "-"]
        logs[service.name] = sorted(found, key=lambda path: path.stat().st_mtime)
    return logs


def _family(config: Config, service: Service, environ: Mapping[str, str]) -> str:
    """Return what the keys of a service's servers or processes begin with."""
    if kind(service.kind).namespace == "process":
        return process.family(config.root, service)
    return embedded.family(service, kind(service.kind), environ=environ)[0]


def _processes(config: Config, service: Service, folder: Path) -> list[ServerStatus]:
    """Return one row per run that has a process of this service, or one stopped row; the keeper knows none of them."""
    leased = (folder / "leases").glob(f"server-{process.family(config.root, service)}-*")
    held = {path.name.removeprefix("server-"): count for path in sorted(leased) if (count := leases.holders(path))}
    return [
        ServerStatus(
            service=service.name,
            kind=service.kind,
            product=service.kind,
            version="",
            provider="process",
            state="running" if key else "stopped",
            address=f"{ports.HOST}:{ports.choose(folder, key)}" if key else "",
            pid=None,
            age=None,
            leases=count,
            size=None,
        )
        for key, count in (held or {"": 0}).items()
    ]


def _size(folder: Path) -> int | None:
    total = 0
    try:
        for parent, _, files in os.walk(folder):
            total += sum(Path(parent, name).stat().st_size for name in files)
    except OSError:
        return None
    return total
