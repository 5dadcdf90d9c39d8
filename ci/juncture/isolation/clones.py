"""The clones of one worker: each has a name and a lease of its own, so that a killed worker leaves none for long."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from juncture.host import leases
from juncture.isolation.orphans import lease_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.databases import Databases

__all__ = ["Clones"]


class Clones:
    """Makes and drops clones of one template, from any thread."""

    def __init__(
        self, databases: Databases, admin: Endpoint, template: str, *, home: Path, named: Callable[[str], str]
    ) -> None:
        """Make none yet; ``named`` returns the name of the clone with a number."""
        self._databases = databases
        self._admin = admin
        self._template = template
        self._home = home
        self._named = named
        self._lock = threading.Lock()
        self._count = 0
        self._held: dict[str, leases.Lease] = {}

    @property
    def names(self) -> frozenset[str]:
        """The clones that there are now."""
        with self._lock:
            return frozenset(self._held)

    def new_name(self) -> str:
        """Return a name that no other database has, leased."""
        with self._lock:
            self._count += 1
            name = self._named(f"c{self._count}")
            path = lease_of(self._home, name)
            self._held[name] = leases.hold(path, exclusive=False, timeout=30, purpose=f"use the namespace {name}")
        return name

    def make(self) -> str:
        """Return the name of a new clone."""
        name = self.new_name()
        try:
            self._databases.clone(self._admin, self._template, name)
        except BaseException:
            self.forget(name)
            raise
        return name

    def drop(self, name: str) -> None:
        """Drop a database of that name."""
        try:
            self._databases.drop(self._admin, name, force=True)
        finally:
            self.forget(name)

    def forget(self, name: str) -> None:
        """Give up the lease of a name that no database has any more."""
        with self._lock:
            lease = self._held.pop(name, None)
        if lease is None:
            return
        lease.release()
        with suppress(OSError):
            if (last := leases.attempt(lease.path, exclusive=True)) is not None:
                last.retire()

    def close(self) -> None:
        """Forget what is left."""
        for name in self.names:
            self.forget(name)
