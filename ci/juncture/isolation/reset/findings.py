"""Look for what a test left in a database: which tables it wrote to, which sequences moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.isolation.reset.facts import SCHEMA
from juncture.isolation.reset.tracking import CHANGED, OBJECTS, PARTS, SHAPE
from juncture.values import Value

if TYPE_CHECKING:
    from juncture.isolation.reset.facts import Facts
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["Findings", "look", "prepare_look"]

LOOK = f"{SCHEMA}_look"

BLOATED = 64 * 1024
"""Bytes of the table of notes that make it worth a VACUUM."""


class Findings(Value):
    """What is not as the template has it.

    ``touched`` are tables by number and ``moved`` sequences; ``schema`` says that something was created, altered or
    dropped, ``objects`` that large objects came or went. ``bloated`` says that our own notes take up too much space.
    """

    touched: frozenset[int]
    moved: frozenset[int]
    schema: bool
    objects: bool
    bloated: bool

    @property
    def nothing(self) -> bool:
        """Whether all is as it was."""
        return not (self.touched or self.moved or self.schema or self.objects)


def prepare_look(connection: PostgresConnection, facts: Facts) -> None:
    """Have the server plan the query once: it reads each sequence, and planning that takes longer than doing it."""
    notes = f"(SELECT string_agg(DISTINCT oid::text, ' ') FROM {SCHEMA}.touched)"
    moved = "''"
    if facts.sequences:
        each = " UNION ALL ".join(
            f"SELECT {sequence.oid} FROM {sequence.name} WHERE last_value <> {sequence.last} "
            f"OR is_called IS {'NOT ' if sequence.called else ''}TRUE"
            for sequence in facts.sequences
        )
        moved = f"(SELECT string_agg(oid::text, ' ') FROM ({each}) s (oid))"
    shape = "''" if facts.watched else SHAPE
    objects = f"{OBJECTS} || {PARTS}" if facts.objects and facts.watched else OBJECTS
    size = f"pg_relation_size('{SCHEMA}.touched') > {BLOATED}"
    connection.query(f"PREPARE {LOOK} AS SELECT {notes}, {moved}, {objects}, {shape}, {size}")


def look(connection: PostgresConnection, facts: Facts) -> Findings:
    """Return what is not as the template has it; one round trip."""
    ((touched, moved, objects, shape, bloated),) = connection.query(f"EXECUTE {LOOK}")
    tables = frozenset(map(int, (touched or "").split()))
    return Findings(
        touched=tables - {CHANGED},
        moved=frozenset(map(int, (moved or "").split())),
        schema=CHANGED in tables or (shape or "") != facts.shape or not facts.tables.keys() >= tables - {CHANGED},
        objects=(objects or "") != facts.objects,
        bloated=bloated == "t",
    )
