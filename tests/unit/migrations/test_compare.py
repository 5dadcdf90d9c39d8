"""Tests of ``juncture.migrations._compare``."""

from __future__ import annotations

from juncture.migrations._compare import differences, more
from juncture.services.things import Thing

TABLE = Thing("table", "orders")
COLUMN = Thing("column", "orders.id", "table orders")
INDEX = Thing("index", "ix_orders", "table orders")


def test_what_goes_with_a_table_is_not_told_beside_it() -> None:
    """A table stands for its columns and indexes; where it was there before, they are told themselves."""
    assert more({}, {TABLE: "", COLUMN: "int", INDEX: "..."}) == [TABLE]
    assert more({TABLE: "", COLUMN: "int"}, {TABLE: "", COLUMN: "int", INDEX: "..."}) == [INDEX]


def test_each_difference_has_a_line() -> None:
    """What is left behind names who made it, and where it belongs; what is the same has no line."""
    before = {TABLE: "", COLUMN: "int", Thing("schema", "shop"): ""}
    after = {TABLE: "", COLUMN: "bigint", INDEX: "CREATE\n  INDEX"}
    assert differences(before, after, makers={INDEX: "0004 (it.py)"}) == [
        "left behind  index ix_orders of table orders: CREATE INDEX\n               made by 0004 (it.py)",
        "missing      schema shop",
        "changed      column orders.id: was int, is bigint",
    ]
    assert differences(after, after) == []


def test_a_long_definition_is_cut() -> None:
    """A function's body must not push the other lines out of sight."""
    (line,) = differences({}, {Thing("function", "f()"): "x" * 1000})
    assert line.endswith("x...")
    assert len(line) < 250
