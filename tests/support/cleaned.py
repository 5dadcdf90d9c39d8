"""A worker's database that is brought back to its template, and a look at all that it holds."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snapshot import snapshot

from juncture.isolation.clones import Clones
from juncture.isolation.reset import tracking
from juncture.isolation.reset.cleaner import Cleaner
from juncture.services import databases_of
from juncture.services.postgres import at, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["Cleaned", "begin", "cleaned_on"]


def begin(sql: str) -> str:
    """Return the first words of some SQL, as a parameter's id."""
    return " ".join(sql.split()[:3])


@dataclass(kw_only=True)
class Cleaned:
    """A database made from ``sql``, its ``cleaner``, and what it held at first."""

    admin: Endpoint
    name: str
    template: str
    cleaner: Cleaner
    first: dict[str, object]

    def connect(self) -> PostgresConnection:
        """Return a connection as the application has one."""
        return connect(at(self.admin, self.name), timeout=20.0)

    def run(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run SQL as the application does."""
        with self.connect() as connection:
            return connection.query(sql)

    def now(self) -> dict[str, object]:
        """Return everything that the database holds."""
        with self.connect() as connection:
            return snapshot(connection)

    def ways(self) -> dict[str, int]:
        """Return how often which way was taken, and forget it."""
        counts = dict(self.cleaner.usage.counts)
        self.cleaner.usage.counts.clear()
        return {str(way): count for way, count in counts.items()}

    def check(self, way: str) -> None:
        """Reset, and check that the database is as at first and that the way there was the expected one."""
        self.cleaner.clean()
        why = list(self.cleaner.why)
        self.cleaner.why.clear()
        assert self.ways() == {way: 1}, why
        assert self.now() == self.first
        self.cleaner.clean()
        assert self.ways() == {"nothing": 1}


@contextmanager
def cleaned_on(admin: Endpoint, sql: str, home: Path) -> Iterator[Cleaned]:
    """Make a template and a worker's database on a server, and drop them at the end."""
    databases = databases_of("postgres")
    name = f"r{secrets.token_hex(5)}"
    template = f"{name}_t"
    clones = Clones(admin, template, home=home, named=lambda suffix: f"{name}_{suffix}")
    cleaner = Cleaner(admin, name, clones, 2)
    try:
        databases.clone(admin, "", template)
        with connect(at(admin, template), timeout=20.0) as connection:
            connection.query(sql)
            tracking.install(connection)
        databases.clone(admin, template, name)
        with connect(at(admin, name), timeout=20.0) as connection:
            first = snapshot(connection)
        yield Cleaned(admin=admin, name=name, template=template, cleaner=cleaner, first=first)
    finally:
        cleaner.close()
        left = set(databases.listed(admin, [name]))
        for each in left:
            databases.drop(admin, each, force=True)
    assert left == {name, template}
