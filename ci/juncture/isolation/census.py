"""The namespaces on a server: how many there are, and those that nobody can want any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.host import leases, slots, uses
from juncture.isolation import postgres
from juncture.isolation.names import BUILD, KEPT, NAMESPACE, project_key
from juncture.services import kind
from juncture.services.postgres import connect
from juncture.services.wire import WireError
from juncture.services.wire.postgres import PostgresError, literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint

__all__ = ["Leftover", "clear", "count"]

PATIENCE = 2.0
"""Seconds that a server on this host may take to tell what it has."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A namespace that goes, its size in bytes where the server tells it, and why it goes."""

    name: str
    size: int | None
    why: str


def count(admin: Endpoint) -> int | None:
    """Return how many databases of ours are on a Postgres server; None for another kind, or where it does not tell."""
    if kind(admin.kind).namespace != "database":
        return None
    try:
        with connect(admin, timeout=PATIENCE) as connection:
            sizes = connection.query(_sizes(NAMESPACE, KEPT))
    except (PostgresError, OSError):
        return None
    return len(sizes)


def clear(admin: Endpoint, key: str, home: Path, *, dry_run: bool) -> list[Leftover]:
    """Remove what killed runs and checkouts that are gone left on a running server of ours, and return it.

    ``dry_run`` only returns it. What somebody uses or is connected to stays.
    """
    try:
        if kind(admin.kind).namespace == "database":
            return list(_databases(admin, key, home, dry_run=dry_run))
        return list(_slots(admin, key, home, dry_run=dry_run))
    except (WireError, OSError):
        return []  # it is just going, or hangs: the next one finds it


def _databases(admin: Endpoint, key: str, home: Path, *, dry_run: bool) -> Iterator[Leftover]:
    gone = _gone(home, key)
    with connect(admin) as connection:
        sizes = {str(name): int(size or 0) for name, size in connection.query(_sizes(NAMESPACE, BUILD, KEPT))}
        connected = {name for (name,) in connection.query("SELECT datname FROM pg_stat_activity")}
    dropped = (
        [name for name in sizes if name not in connected and _is_orphan(name, home)]
        if dry_run
        else postgres.collect_orphans(admin, home)
    )
    for name in dropped:
        yield Leftover(name, sizes.get(name), "its run was killed")
    for name, size in sizes.items():
        if name.startswith(KEPT) and name not in connected and any(f"_{each}_" in name for each in gone):
            lease = None if dry_run else leases.attempt(postgres.lease_of(home, name), exclusive=True)
            if lease:
                with lease:
                    postgres.drop(admin, name, force=False)
                    lease.retire()
            if lease or (dry_run and not leases.holders(postgres.lease_of(home, name))):
                yield Leftover(name, size, "its checkout is gone")


def _is_orphan(name: str, home: Path) -> bool:
    """Tell whether a database is a run's, and nobody seems to use it."""
    return not name.startswith(KEPT) and not leases.holders(postgres.lease_of(home, name))


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


def _sizes(*prefixes: str) -> str:
    matches = " OR ".join(f"starts_with(datname, {literal(prefix)})" for prefix in prefixes)
    return f"SELECT datname, pg_database_size(datname) FROM pg_database WHERE {matches} ORDER BY 1"  # noqa: S608
