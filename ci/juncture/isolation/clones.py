"""The clones of one worker: each has a name and a lease of its own, so that a killed worker leaves none for long."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from juncture.host import leases
from juncture.isolation.orphans import lease_of
from juncture.services.postgres_address import connect
from juncture.services.postgres_databases import create
from juncture.services.wire.postgres import identifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["Clones"]


class Clones:
    """Makes clones of one template, from one thread, and drops them, from another."""

    def __init__(self, admin: Endpoint, template: str, *, home: Path, named: Callable[[str], str]) -> None:
        """Make none yet; ``named`` returns the name of the clone with a number."""
        self._admin = admin
        self._template = template
        self._home = home
        self._named = named
        self._lock = threading.Lock()
        self._count = 0
        self._held: dict[str, leases.Lease] = {}
        self._old: dict[str, str] = {}
        self._maker: list[PostgresConnection] = []
        self._dropper: list[PostgresConnection] = []

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
            self._run(self._maker, lambda connection: create(connection, self._template, name))
        except BaseException:
            self.forget(name)
            raise
        self._old[name] = self.new_name()
        return name

    def name_for_old(self, clone: str) -> str:
        """Return the name, leased, for the database whose place a clone takes."""
        return self._old.pop(clone)

    def drop(self, name: str) -> None:
        """Drop a database of that name."""
        assert self._admin.provider != "external" or name.startswith("jx"), name  # noqa: S101 - what follows destroys
        try:
            sql = f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)"
            self._run(self._dropper, lambda connection: connection.query(sql))
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
        """Close the connections, and forget what is left."""
        for kept in (self._maker, self._dropper):
            while kept:
                with suppress(OSError):
                    kept.pop().__exit__()
        for name in self.names:
            self.forget(name)

    def _run(self, kept: list[PostgresConnection], action: Callable[[PostgresConnection], object]) -> None:
        """Do something on a connection that is kept for the next time, unless that fails."""
        if not kept:
            kept.append(connect(self._admin, timeout=60.0))
        try:
            action(kept[0])
        except BaseException:
            kept.pop().close()
            raise
