"""Decide how a database comes back to what its template holds: pure, from facts and findings."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Literal

from juncture.isolation.reset.facts import SCHEMA
from juncture.isolation.reset.tracking import MOST_ROWS
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.isolation.reset.facts import Facts, Sequence, Table
    from juncture.isolation.reset.findings import Findings

__all__ = ["Plan", "Tier", "plan_reset"]

Tier = Literal["nothing", "rows", "fresh"]
"""Nothing was left, rows are put back, or the database is replaced by a new clone."""


class Plan(Value):
    """What to do: ``sql`` for the tier *rows*, and why it takes a *fresh* database where it does.

    ``vacuum`` are tables by name whose emptied pages are to be given back where there are many.
    """

    tier: Tier
    sql: str = ""
    why: str = ""
    vacuum: tuple[str, ...] = ()


def plan_reset(facts: Facts, findings: Findings, *, replica: bool) -> Plan:
    """Return the cheapest plan that surely leads back.

    ``replica`` says that the session runs no triggers and checks no foreign keys; without it, rows are only put back
    where neither can get in the way.
    """
    if findings.nothing:
        return Plan("nothing")
    if findings.schema:
        return Plan("fresh", why="the schema was changed")
    if findings.objects and facts.objects:
        return Plan("fresh", why="large objects of the seed were changed")
    tables = {
        oid: facts.tables[oid]
        for touched in findings.touched
        for oid in facts.tables[touched].parts
        if oid in facts.tables
    }
    if why := _obstacle(facts, tables, replica=replica):
        return Plan("fresh", why=why)
    order = _children_first(tables) or sorted(tables)
    sql = [f"DELETE FROM ONLY {tables[oid].name}" for oid in order]
    sql += [_put_back(tables[oid]) for oid in reversed(order) if tables[oid].rows]
    sql += _restored([sequence for sequence in facts.sequences if sequence.oid in findings.moved])
    if findings.objects:
        sql.append("SELECT lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata")
    sql.append(f"DELETE FROM {SCHEMA}.touched")
    return Plan("rows", sql="; ".join(sql), vacuum=tuple(tables[oid].name for oid in order))


def _obstacle(facts: Facts, tables: Mapping[int, Table], *, replica: bool) -> str:
    """Return why rows can't be put back one by one, or nothing."""
    for table in tables.values():
        if table.rows is None:
            return f"{table.name} has more than {MOST_ROWS} rows in the template"
        if table.guarded:
            return f"{table.name} has triggers or rules that always run"
        if table.viewed and not facts.watched:
            return f"{table.name} is in a materialized view, and this role is not told when that is refreshed in place"
    if sum(table.rows or 0 for table in tables.values()) > MOST_ROWS:
        return f"the tables that were written to have more than {MOST_ROWS} rows in the template"
    return "" if replica else _obstacle_of_keys(facts, tables)


def _obstacle_of_keys(facts: Facts, tables: Mapping[int, Table]) -> str:
    """Return what gets in the way where triggers run and foreign keys are checked, or nothing."""
    for table in tables.values():
        if table.hooked:
            return f"{table.name} has triggers, rules or policies, and this role may not switch them off"
    if _children_first(tables) is None:
        return "foreign keys go in a circle, and this role may not switch them off"
    for other in facts.tables.values():
        if other.oid not in tables and other.rows != 0 and (kept := other.refers_to & tables.keys()):
            return f"{other.name} has rows that refer to {tables[min(kept)].name}, which was written to"
    return ""


def _children_first(tables: Mapping[int, Table]) -> list[int] | None:
    """Return the tables so that each comes before those that it refers to; None where they go in a circle."""
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(sorted(tables), ()))
    for oid in sorted(tables):
        for other in sorted((tables[oid].refers_to & tables.keys()) - {oid}):
            sorter.add(other, oid)
    try:
        return list(sorter.static_order())
    except CycleError:
        return None


def _put_back(table: Table) -> str:
    if not table.columns:  # a table of no columns may have rows all the same
        return f"INSERT INTO {table.name} SELECT FROM {SCHEMA}.rows_{table.oid}"
    return (
        f"INSERT INTO {table.name} ({table.columns}) OVERRIDING SYSTEM VALUE "
        f"SELECT {table.columns} FROM {SCHEMA}.rows_{table.oid}"
    )


def _restored(sequences: list[Sequence]) -> list[str]:
    """Return what sets sequences; numbers that sessions took ahead of time are only given up for a new beginning."""
    if not sequences:
        return []
    values = (f"setval({each.oid}::regclass, {each.last}, {str(each.called).lower()})" for each in sequences)
    again = [f"ALTER SEQUENCE {each.name} RESTART" for each in sequences if each.ahead]
    return [*again, f"SELECT {', '.join(values)}"]
