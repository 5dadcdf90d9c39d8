"""What a template says of itself: its tables and what they held when it was sealed, as frozen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["SCHEMA", "Facts", "Sequence", "Table", "read_facts"]

SCHEMA = "juncture_state"
"""The schema that holds what juncture adds to a template: no role has its name, so it is in nobody's search path."""


class Table(Value):
    """One table of the template.

    ``name`` and ``columns`` are quoted for SQL; ``columns`` are those that can be written. ``rows`` is how many the
    template holds, None for more than are worth being put back one by one. ``guarded`` says that something of the
    table's own runs whenever it is written to, even where triggers are off; ``hooked`` that something does where they
    are on. ``viewed`` says that a materialized view shows it which can be refreshed in place (CONCURRENTLY). ``parts``
    are the tables that hold its rows: itself, its partitions and what inherits from it. ``refers_to`` are the tables
    that its foreign keys lead to.
    """

    oid: int
    name: str
    columns: str
    rows: int | None
    guarded: bool
    hooked: bool
    viewed: bool
    parts: frozenset[int]
    refers_to: frozenset[int]


class Sequence(Value):
    """One sequence, and where it stood; ``ahead`` says that sessions take several of its numbers at once."""

    oid: int
    name: str
    last: int
    called: bool
    ahead: bool


class Facts(Value):
    """What a reset has to know.

    ``watched`` says that changes of the schema are reported by the server; else ``shape`` is the digest to compare.
    ``objects`` is the digest of the large objects, empty for none.
    """

    tables: Mapping[int, Table]
    sequences: tuple[Sequence, ...]
    watched: bool
    shape: str
    objects: str


def read_facts(connection: PostgresConnection) -> Facts:
    """Return the facts that were written when tracking was installed in the connection's database."""
    tables = {}
    for oid, name, columns, rows, guarded, hooked, viewed, parts, refers_to in connection.query(
        f"SELECT oid, name, columns, rows, guarded, hooked, viewed, parts, refers_to FROM {SCHEMA}.tables"
    ):
        key = int(oid or 0)
        tables[key] = Table(
            key,
            name or "",
            columns or "",
            None if rows is None else int(rows),
            guarded == "t",
            hooked == "t",
            viewed == "t",
            _numbers(parts),
            _numbers(refers_to),
        )
    sequences = tuple(
        Sequence(int(oid or 0), name or "", int(last or 0), called == "t", ahead == "t")
        for oid, name, last, called, ahead in connection.query(
            f"SELECT oid, name, last, called, ahead FROM {SCHEMA}.sequences"
        )
    )
    ((watched, shape, objects),) = connection.query(f"SELECT watched, shape, objects FROM {SCHEMA}.facts")
    return Facts(tables, sequences, watched == "t", shape or "", objects or "")


def _numbers(words: str | None) -> frozenset[int]:
    return frozenset(map(int, (words or "").split()))
