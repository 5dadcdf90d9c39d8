"""Tests of ``juncture.isolation.reset.plan``: the cheapest way that is sure, from what was found."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from juncture.isolation.reset.facts import Facts, Sequence, Table
from juncture.isolation.reset.findings import Findings
from juncture.isolation.reset.plan import Plan, plan_reset
from juncture.isolation.reset.tracking import MOST_ROWS


def table(oid: int, *refers_to: int, **more: Any) -> Table:
    """Return a table t<oid>, empty in the template."""
    values: dict[str, Any] = {"rows": 0, "guarded": False, "hooked": False, "viewed": False} | more
    values.setdefault("parts", frozenset({oid}))
    return Table(oid, f"t{oid}", "a, b", refers_to=frozenset(refers_to), **values)


def facts(*tables: Table, sequences: tuple[Sequence, ...] = (), objects: str = "", watched: bool = True) -> Facts:
    """Return the facts of a template with these tables."""
    return Facts(
        MappingProxyType({each.oid: each for each in tables}), sequences, watched=watched, shape="", objects=objects
    )


def found(*touched: int, moved: tuple[int, ...] = (), schema: bool = False, objects: bool = False) -> Findings:
    """Return what a look found."""
    return Findings(frozenset(touched), frozenset(moved), schema=schema, objects=objects, bloated=False)


def why(known: Facts, findings: Findings, *, replica: bool = True) -> str:
    """Return why it takes a new copy."""
    plan = plan_reset(known, findings, replica=replica)
    assert plan.tier == "fresh"
    return plan.why


def statements(plan: Plan) -> list[str]:
    """Return what is done to put rows back."""
    assert plan.tier == "rows"
    return plan.sql.split("; ")


def test_nothing_found_needs_nothing() -> None:
    """Not a statement is run."""
    assert plan_reset(facts(table(1)), found(), replica=True) == Plan("nothing")


def test_only_touched_tables_are_emptied_children_first() -> None:
    """What they held is put back in the opposite order, and the notes about them go."""
    known = facts(table(1, rows=2), table(2, 1, rows=3), table(3, 2), table(4, rows=9))
    assert statements(plan_reset(known, found(1, 2, 3), replica=True)) == [
        "DELETE FROM ONLY t3",
        "DELETE FROM ONLY t2",
        "DELETE FROM ONLY t1",
        "INSERT INTO t1 (a, b) OVERRIDING SYSTEM VALUE SELECT a, b FROM juncture_state.rows_1",
        "INSERT INTO t2 (a, b) OVERRIDING SYSTEM VALUE SELECT a, b FROM juncture_state.rows_2",
        "DELETE FROM juncture_state.touched",
    ]


def test_parts_hold_the_rows() -> None:
    """Who wrote to a partitioned table, or to an ancestor, wrote to any of its parts."""
    known = facts(table(1, parts=frozenset({2, 3})), table(2), table(3, rows=1))
    done = statements(plan_reset(known, found(1), replica=True))
    assert {"DELETE FROM ONLY t2", "DELETE FROM ONLY t3"} < set(done)
    assert "DELETE FROM ONLY t1" not in done


def test_view_that_is_refreshed_in_place_takes_a_new_copy_where_nobody_tells() -> None:
    """Where the server reports what is refreshed, rows are enough for a table that a view shows."""
    shown = table(1, viewed=True)
    assert "t1 is in a materialized view" in why(facts(shown, watched=False), found(1))
    assert plan_reset(facts(shown), found(1), replica=True).tier == "rows"
    assert plan_reset(facts(shown, table(2), watched=False), found(2), replica=True).tier == "rows"


def test_sequences_that_moved_are_set() -> None:
    """Those that sessions take numbers of ahead of time begin anew first."""
    sequences = (Sequence(7, "s", 5, called=True, ahead=False), Sequence(8, "c", 1, called=False, ahead=True))
    assert statements(plan_reset(facts(sequences=sequences), found(moved=(7, 8)), replica=True)) == [
        "ALTER SEQUENCE c RESTART",
        "SELECT setval(7::regclass, 5, true), setval(8::regclass, 1, false)",
        "DELETE FROM juncture_state.touched",
    ]


def test_new_large_objects_are_removed() -> None:
    """Where the template has none of its own."""
    assert "lo_unlink" in plan_reset(facts(), found(objects=True), replica=True).sql
    assert "large objects" in why(facts(objects="1:700"), found(objects=True))


@pytest.mark.parametrize(
    ("known", "findings", "words"),
    [
        (facts(table(1)), found(1, schema=True), "the schema was changed"),
        (facts(table(1, rows=None)), found(1), f"t1 has more than {MOST_ROWS} rows in the template"),
        (facts(table(1, guarded=True)), found(1), "t1 has triggers or rules that always run"),
        (facts(table(1, rows=1500), table(2, rows=1500)), found(1, 2), "the tables that were written to have more"),
    ],
)
def test_what_rows_can_not_undo_takes_a_new_copy(known: Facts, findings: Findings, words: str) -> None:
    """With the reason in words."""
    assert words in why(known, findings)


@pytest.mark.parametrize(
    ("known", "findings", "words"),
    [
        (facts(table(1, hooked=True)), found(1), "t1 has triggers, rules or policies"),
        (facts(table(1, 2), table(2, 1)), found(1, 2), "foreign keys go in a circle"),
        (facts(table(1), table(2, 1, rows=1)), found(1), "t2 has rows that refer to t1"),
        (facts(table(1), table(2, 1, rows=None)), found(1), "t2 has rows that refer to t1"),
    ],
)
def test_without_rights_more_takes_a_new_copy(known: Facts, findings: Findings, words: str) -> None:
    """What is no obstacle to a session without triggers is one to a role that can't have such a session."""
    assert words in why(known, findings, replica=False)
    assert plan_reset(known, findings, replica=True).tier == "rows"


def test_without_rights_simple_tables_are_put_back() -> None:
    """Keys to themselves, to what was touched too, and from tables that were empty, are in nobody's way."""
    known = facts(table(1, 1, rows=1), table(2, 1, rows=1), table(3, 2))
    assert plan_reset(known, found(1, 2), replica=False).tier == "rows"
