"""Tests of ``juncture.services.mysql_schema`` as far as no server is needed."""

from __future__ import annotations

from dataclasses import replace

from juncture.services.mysql_schema import Schema, Statement, Table, copied, read_schema, written

TABLE = Table("t`1", ("id", "na`me"), counts=True, rows=True, restorable=True, watched=True)
SCHEMA = Schema(
    "utf8mb4_general_ci",
    (Statement("TABLE", "t`1", "CREATE TABLE `t``1` (...) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4"),),
    (Statement("TRIGGER", "x", "CREATE TRIGGER x ...", "STRICT_ALL_TABLES", "utf8mb4_bin", "t`1"),),
    (TABLE,),
    (("t`1", "u", "delete"),),
)


def test_schema_is_written_and_read() -> None:
    """What a template holds of itself is what it was made with."""
    assert read_schema(written(SCHEMA)) == SCHEMA


def test_shape_is_the_same_whatever_was_counted() -> None:
    """A table's counter moves with its rows; a column does not."""
    (table,) = SCHEMA.before
    moved = replace(SCHEMA, before=(replace(table, sql=table.sql.replace("=7", "=123")),))
    other = replace(SCHEMA, before=(replace(table, sql=table.sql.replace("(...)", "(id INT)")),))
    assert moved.shape == SCHEMA.shape
    assert other.shape != SCHEMA.shape


def test_rows_are_copied_by_their_columns() -> None:
    """A computed column can't be written, and names are quoted."""
    assert copied(TABLE, "jt_1") == "INSERT INTO `t``1` (`id`, `na``me`) SELECT `id`, `na``me` FROM `jt_1`.`t``1`"
