"""The databases that nobody can want any more: the lease of each tells, and killed processes hold none."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation.names import BUILD, NAMESPACE, owned
from juncture.isolation.ownership import owner_on
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.databases import Databases

__all__ = ["collect_orphans", "drop_unused", "lease_of"]


def lease_of(home: Path, name: str) -> Path:
    """Return the lease of a namespace: every process that uses it holds it, shared."""
    return lease_path(home, f"namespace-{name}")


def collect_orphans(databases: Databases, admin: Endpoint, home: Path) -> list[str]:
    """Drop the namespaces and half templates whose lease nobody holds: their run was killed. Return their names.

    What somebody is connected to stays, and FORCE is not used, so that what is connected to just now refuses; what the
    server does not let us drop, because another role made it, stays too. Only names with juncture's prefix are looked
    at, on a server that juncture started with a password of its own; elsewhere only those that this home made on this
    machine, because nobody sees the leases of another.
    """
    owner = owner_on(admin, home)
    found = databases.listed(admin, [owned(NAMESPACE, owner), owned(BUILD, owner)])
    # To drop what is connected to would be refused too, but by Postgres only after 5 s.
    dropped = [name for name, connected in found.items() if not connected and drop_unused(databases, admin, home, name)]
    _retire_leases(home, set(found))
    return dropped


def drop_unused(databases: Databases, admin: Endpoint, home: Path, name: str) -> bool:
    """Drop a namespace and its lease; return False where somebody holds that, or the server refuses."""
    lease = leases.attempt(lease_of(home, name), exclusive=True)
    if lease is None:
        return False
    with lease, suppress(WireError):
        if databases.drop(admin, name, force=False):
            lease.retire()
            return True
    return False


def _retire_leases(home: Path, databases: set[str]) -> None:
    prefix = lease_of(home, "").name
    for path in lease_of(home, "").parent.glob(f"{prefix}*"):
        if path.name.removeprefix(prefix) not in databases and (lease := leases.attempt(path, exclusive=True)):
            lease.retire()
