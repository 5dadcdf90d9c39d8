"""Remove what nobody uses of one home: containers, data, namespaces, programs and notes; and nobody else's.

Whatever could be in use goes only under its exclusive lease, so that it can't be: without that it stays. A home serves
all projects of its user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from juncture.host.folders import home as home_folder
from juncture.provisioning import _containers, _prune_engine, _prune_files, _servers
from juncture.provisioning._prune_items import Item, Rest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from juncture.model import Endpoint

__all__ = ["Clear", "Item", "Pruned", "prune"]


class Found(Protocol):
    """What is told of a namespace that goes."""

    @property
    def name(self) -> str:
        """Its name, on its server."""
        ...

    @property
    def size(self) -> int | None:
        """Its size in bytes, where that is known."""
        ...

    @property
    def why(self) -> str:
        """Why it goes."""
        ...


class Clear(Protocol):
    """Remove the namespaces that nobody can want any more from a server that goes on running, or only name them."""

    def __call__(self, admin: Endpoint, key: str, home: Path, *, dry_run: bool) -> Sequence[Found]:
        """Return what goes."""
        ...


@dataclass(slots=True, kw_only=True)
class Pruned:
    """What went, or would go; what stays because somebody uses it; and what could not be looked at or removed."""

    items: list[Item] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def prune(*, environ: Mapping[str, str], dry_run: bool, clear: Clear) -> Pruned:
    """Remove what nobody uses and return what it was; with ``dry_run`` touch nothing."""
    home = home_folder(environ)
    pruned = Pruned()
    if home.is_dir():
        docked = _containers.look(environ)
        if docked.problem:
            pruned.problems.append(docked.problem)
        rest = Rest(home=home, docked=docked, dry_run=dry_run)
        pruned.items += _prune_engine.containers(rest)
        pruned.items += _prune_files.servers(rest)
        pruned.items += _namespaces(rest, clear)
        pruned.items += _prune_engine.others(rest)
        pruned.items += _prune_files.programs(rest)
        pruned.items += _prune_files.notes(rest)
        pruned.used, pruned.problems = rest.used, [*pruned.problems, *rest.problems]
    pruned.items += _prune_files.homeless(dry_run=dry_run)
    if home.is_dir():
        bare = not pruned.used and not pruned.problems
        pruned.items += _prune_files.leases_of(home, dry_run=dry_run, templates=bare)
    return pruned


def _namespaces(rest: Rest, clear: Clear) -> Iterator[Item]:
    """Clear the servers that go on running."""
    for key, admin in _admins(rest):
        for found in clear(admin, key, rest.home, dry_run=rest.dry_run):
            yield Item("namespace", f"{found.name} in {key}", found.size, found.why)


def _admins(rest: Rest) -> Iterator[tuple[str, Endpoint]]:
    for container in rest.docked.containers:
        if container.name in rest.used and container.state == "running":
            admin = _containers.admin_of(container, home=rest.home, docked=rest.docked)
            if admin:
                yield container.key, admin
    for server in _servers.look(rest.home):
        if server.key in rest.used and (admin := _servers.admin_of(server, home=rest.home)):
            yield server.key, admin
