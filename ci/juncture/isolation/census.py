"""The namespaces on a server: how many there are, and those that nobody can want any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.host import leases, slots, uses
from juncture.isolation.names import BUILD, KEPT, NAMESPACE, project_key
from juncture.isolation.orphans import collect_orphans, drop_unused, lease_of
from juncture.services import kind
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.databases import Databases

__all__ = ["Leftover", "clear", "count"]

PATIENCE, ASKED_WITHIN = 2.0, 5.0
"""Seconds that a server on this host may take to tell how much it has, and what."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A namespace that goes, its size in bytes where the server tells it, and why it goes."""

    name: str
    size: int | None
    why: str


def count(admin: Endpoint) -> int | None:
    """Return how many databases of ours are on a server; None where it has no such, or does not tell."""
    databases = kind(admin.kind).databases
    if databases is None:
        return None
    try:
        return len(databases.sizes(admin, [NAMESPACE, KEPT], PATIENCE))
    except (WireError, OSError):
        return None


def clear(admin: Endpoint, key: str, home: Path, *, dry_run: bool) -> list[Leftover]:
    """Remove what killed runs and checkouts that are gone left on a running server of ours, and return it.

    ``dry_run`` only returns it. What somebody uses or is connected to stays.
    """
    try:
        if databases := kind(admin.kind).databases:
            return list(_databases(databases, admin, key, home, dry_run=dry_run))
        return list(_slots(admin, key, home, dry_run=dry_run))
    except (WireError, OSError):
        return []  # it is just going, or hangs: the next one finds it


def _databases(databases: Databases, admin: Endpoint, key: str, home: Path, *, dry_run: bool) -> Iterator[Leftover]:
    gone = _gone(home, key)
    sizes = databases.sizes(admin, [NAMESPACE, BUILD, KEPT], ASKED_WITHIN)
    found = databases.listed(admin, [NAMESPACE, BUILD, KEPT])
    dropped = (
        [name for name, connected in found.items() if not connected and _is_orphan(name, home)]
        if dry_run
        else collect_orphans(databases, admin, home)
    )
    for name in dropped:
        yield Leftover(name, sizes.get(name), "its run was killed")
    for name, connected in found.items():
        if name.startswith(KEPT) and not connected and any(f"_{each}_" in name for each in gone):
            unused = not leases.holders(lease_of(home, name)) if dry_run else drop_unused(databases, admin, home, name)
            if unused:
                yield Leftover(name, sizes.get(name), "its checkout is gone")


def _is_orphan(name: str, home: Path) -> bool:
    """Tell whether a database is a run's, and nobody seems to use it."""
    return not name.startswith(KEPT) and not leases.holders(lease_of(home, name))


def _slots(admin: Endpoint, key: str, home: Path, *, dry_run: bool) -> Iterator[Leftover]:
    """Empty and take back the kept slots of checkouts that are gone; leased ones are emptied by who gets them next."""
    image, empty = kind(admin.kind).image, kind(admin.kind).empty
    if image is None or image.slots is None or empty is None:
        return
    gone = _gone(home, key)
    names = {name: slot for name, slot in slots.given(home, key).items() if name.partition("-")[0] in gone}
    for name, slot in names.items():
        if not dry_run:
            empty(image.slots.at(admin, slot), {})
            slots.forget(home, key, frozenset({name}))
        yield Leftover(name, None, "its checkout is gone")


def _gone(home: Path, key: str) -> set[str]:
    """Return the short keys of checkouts that used a server and are no more; none that is still somebody's."""
    roots = {use.root for use in uses.uses(home, key)}
    there = {project_key(root) for root in roots if root.exists()}
    return {project_key(root) for root in roots if not root.exists()} - there
