"""The seal of a template: the one row of one more table, written last, which holds the schema of the rest."""

from __future__ import annotations

from juncture.services.mysql_schema import Schema, read_schema, written
from juncture.services.wire.mysql import MysqlConnection, MysqlError, identifier, literal

__all__ = ["is_sealed", "sealed_schema", "write_seal"]

SEAL = "juncture_template_2"
"""Its number is that of the form of what it holds: a template of another form is none."""

NO_DATABASE, NO_TABLE = 1049, 1146


def is_sealed(connection: MysqlConnection, template: str) -> bool:
    """Tell whether there is a template of that name that is whole."""
    try:
        return connection.value(f"SELECT 1 FROM {identifier(template)}.{SEAL}") == "1"  # noqa: S608
    except MysqlError as error:
        if error.code in {NO_DATABASE, NO_TABLE}:
            return False
        raise


def sealed_schema(connection: MysqlConnection, template: str) -> Schema:
    """Return the schema of a template; raise `MysqlError` where it is gone."""
    text = connection.value(f"SELECT body FROM {identifier(template)}.{SEAL}")  # noqa: S608
    if text is None:
        raise MysqlError(NO_TABLE, "42S02", f"{template} is no template yet")
    return read_schema(text)


def write_seal(connection: MysqlConnection, template: str, schema: Schema, comment: str) -> None:
    """Make a database a template."""
    table = f"{identifier(template)}.{SEAL}"
    connection.query(f"CREATE TABLE {table} (body LONGTEXT NOT NULL, made_for TEXT NOT NULL) CHARACTER SET utf8mb4")
    connection.query(f"INSERT INTO {table} VALUES ({literal(written(schema))}, {literal(comment)})")  # noqa: S608
