"""What juncture adds to a template so that a clone of it tells what was written to it, and can be put right again.

Each table has a trigger per statement that notes the table's number: it costs a statement some ten microseconds, and is
part of the writer's own transaction, so that what was rolled back was not touched. The server's statistics would say
the same for nothing, but lag by up to ten seconds. Changes of the schema are noted by event triggers, which only a
superuser may make; elsewhere the catalog is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.isolation.reset.facts import SCHEMA
from juncture.services.wire.postgres import PostgresError, literal

if TYPE_CHECKING:
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["CHANGED", "MOST_ROWS", "OBJECTS", "PARTS", "QUIET", "SHAPE", "VERSION", "install", "remove"]

VERSION = 3
"""Changes with what is added, so that older templates are not taken for new ones."""

MOST_ROWS = 2000
"""Rows of a table in the template that are put back one by one; with more, a copy of the whole database is as fast."""

CHANGED = 0
"""The table number that stands for a change of the schema."""

QUIET = f"SET {SCHEMA}.resetting = 'on'"
"""Makes a session's own writes go unnoted."""

DENIED = "42501"
"""SQLSTATE: insufficient_privilege."""

OURS = f"current_setting('{SCHEMA}.resetting', true) IS DISTINCT FROM 'on'"

FOREIGN = f"nspname !~ '^pg_' AND nspname NOT IN ('information_schema', '{SCHEMA}')"

MADE = f"""
CREATE SCHEMA {SCHEMA};
COMMENT ON SCHEMA {SCHEMA} IS 'what juncture notes between tests: see docs/explanation/clean-state.md';
CREATE UNLOGGED TABLE {SCHEMA}.touched (oid oid);
CREATE TABLE {SCHEMA}.tables (
    oid oid, name text, columns text, rows bigint, guarded bool, hooked bool, viewed bool, parts text, refers_to text);
CREATE TABLE {SCHEMA}.sequences (oid oid, name text, last bigint, called bool, ahead bool);
CREATE TABLE {SCHEMA}.facts (watched bool, shape text, objects text);
CREATE FUNCTION {SCHEMA}.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN INSERT INTO {SCHEMA}.touched VALUES (TG_RELID); RETURN NULL; END $$;
"""

WATCHES = f"""
CREATE FUNCTION {SCHEMA}.change() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF {OURS} AND EXISTS (
        SELECT FROM pg_catalog.pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp'
    ) THEN INSERT INTO {SCHEMA}.touched VALUES ({CHANGED}); END IF; END $$;
CREATE FUNCTION {SCHEMA}.loss() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF {OURS} AND to_regclass('{SCHEMA}.touched') IS NOT NULL AND EXISTS (
        SELECT FROM pg_catalog.pg_event_trigger_dropped_objects()
        WHERE NOT is_temporary AND coalesce(schema_name, '') !~ '^pg_(temp|toast)'
    ) THEN INSERT INTO {SCHEMA}.touched VALUES ({CHANGED}); END IF; END $$;
CREATE EVENT TRIGGER {SCHEMA}_change ON ddl_command_end EXECUTE FUNCTION {SCHEMA}.change();
CREATE EVENT TRIGGER {SCHEMA}_loss ON sql_drop EXECUTE FUNCTION {SCHEMA}.loss();
ALTER EVENT TRIGGER {SCHEMA}_change ENABLE ALWAYS;
ALTER EVENT TRIGGER {SCHEMA}_loss ENABLE ALWAYS;
"""

TABLES = f"""
WITH RECURSIVE
mine AS (
    SELECT c.oid, c.relkind, format('%I.%I', nspname, relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND {FOREIGN}
),
part AS (
    SELECT oid AS top, oid FROM mine
    UNION SELECT part.top, inhrelid FROM part JOIN pg_inherits ON inhparent = part.oid
),
viewed AS (
    SELECT indrelid AS oid FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relkind = 'm' AND indisunique
    UNION SELECT refobjid FROM viewed JOIN pg_rewrite rule ON ev_class = viewed.oid
        JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = rule.oid AND refclassid = 'pg_class'::regclass
)
INSERT INTO {SCHEMA}.tables
SELECT oid, name,
    (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = mine.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
    CASE relkind WHEN 'p' THEN 0 END,
    EXISTS (SELECT FROM pg_trigger WHERE tgrelid = mine.oid AND NOT tgisinternal AND tgenabled IN ('A', 'R'))
        OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = mine.oid AND ev_enabled IN ('A', 'R')),
    EXISTS (SELECT FROM pg_trigger WHERE tgrelid = mine.oid AND NOT tgisinternal AND tgenabled <> 'D')
        OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = mine.oid AND ev_enabled <> 'D')
        OR EXISTS (SELECT FROM pg_policy WHERE polrelid = mine.oid),
    EXISTS (SELECT FROM part JOIN viewed ON viewed.oid = top WHERE part.oid = mine.oid),
    (SELECT string_agg(part.oid::text, ' ') FROM part JOIN pg_class c ON c.oid = part.oid AND c.relkind = 'r'
        WHERE top = mine.oid),
    (SELECT string_agg(confrelid::text, ' ') FROM pg_constraint WHERE conrelid = mine.oid AND contype = 'f')
FROM mine;
"""

SEQUENCES = f"""
SELECT c.oid, format('%I.%I', nspname, relname), seqcache > 1
FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE relpersistence <> 't' AND {FOREIGN}
"""

OBJECTS = "(SELECT coalesce(count(*) || ':' || sum(xmin::text::bigint), '') FROM pg_catalog.pg_largeobject_metadata)"
"""The digest of the large objects: how many there are, and when they were made; empty without any."""

PARTS = "(SELECT coalesce(count(*) || ':' || sum(xmin::text::bigint), '') FROM pg_catalog.pg_largeobject)"
"""The digest of what is in them, which only a superuser may ask for."""

_VISIBLE = "FROM {catalog} x JOIN pg_class c ON c.oid = {relation} AND c.oid >= 16384 AND c.relpersistence <> 't'"


def _digest(catalog: str, relation: str = "", what: str = "x.xmin::text::bigint", where: str = "x.oid >= 16384") -> str:
    source = _VISIBLE.format(catalog=catalog, relation=f"x.{relation}") if relation else f"FROM {catalog} x"
    condition = "" if relation else f" WHERE {where}"
    return f"(SELECT count(*) || ':' || coalesce(sum({what}), 0) {source}{condition})"


SHAPE = " || ' ' || ".join(
    (
        _digest(
            "pg_class",
            what="hashtext(concat_ws(' ', x.oid, x.relname, x.relnamespace, x.relkind, x.relnatts, x.relowner,"
            " x.relacl, x.reloptions, x.relrowsecurity, x.relforcerowsecurity,"
            " CASE x.relkind WHEN 'm' THEN x.relfilenode END))::bigint",  # another file after each REFRESH
            where="x.oid >= 16384 AND x.relpersistence <> 't'",
        ),
        *(
            _digest(catalog, relation)
            for catalog, relation in (
                ("pg_attribute", "attrelid"),
                ("pg_attrdef", "adrelid"),
                ("pg_constraint", "conrelid"),
                ("pg_trigger", "tgrelid"),
                ("pg_rewrite", "ev_class"),
                ("pg_policy", "polrelid"),
            )
        ),
        _digest(
            "pg_sequence",
            "seqrelid",
            what="hashtext(concat_ws(' ', x.seqstart, x.seqincrement, x.seqmax, x.seqmin, x.seqcache, x.seqcycle))",
        ),
        _digest("pg_proc", where="x.oid >= 16384 AND x.pronamespace <> pg_my_temp_schema()"),
        _digest("pg_type", where="x.oid >= 16384 AND x.typtype IN ('e', 'd', 'r', 'b') AND x.typelem = 0"),
        _digest("pg_constraint", where="x.contypid <> 0"),
        *map(_digest, ("pg_cast", "pg_collation", "pg_default_acl", "pg_operator", "pg_statistic_ext")),
        _digest("pg_enum"),
        _digest("pg_namespace", where="x.nspname !~ '^pg_(toast_)?temp'"),
        _digest("pg_extension"),
    )
)
"""The digest of the schema, for a role that may make no event triggers."""


def install(connection: PostgresConnection) -> None:
    """Have the database note what is written to it from now on, and keep what is needed to undo that."""
    connection.query(f"BEGIN; {QUIET}; {MADE} {TABLES}")
    try:
        for oid, name, columns in connection.query(
            f"SELECT oid, name, columns FROM {SCHEMA}.tables WHERE rows IS NULL"
        ):
            _keep_rows(connection, int(oid or 0), name or "", columns or "")
        for oid, name, ahead in connection.query(SEQUENCES):
            connection.query(
                f"INSERT INTO {SCHEMA}.sequences SELECT {oid}, {literal(name or '')}, last_value, is_called, "
                f"{'true' if ahead == 't' else 'false'} FROM {name}"
            )
        for (name,) in connection.query(f"SELECT name FROM {SCHEMA}.tables"):
            connection.query(_trigger(name or ""))
        watched = _watch(connection)
        shape, parts = ("''", PARTS) if watched else (SHAPE, "''")  # neither may even be named without the right
        connection.query(f"INSERT INTO {SCHEMA}.facts SELECT {watched}, '', {OBJECTS}")
        connection.query(f"UPDATE {SCHEMA}.facts SET objects = objects || {parts} WHERE objects <> ''")
        connection.query(f"UPDATE {SCHEMA}.facts SET shape = {shape}; COMMIT")
    except BaseException:
        connection.query("ROLLBACK")
        raise
    connection.query(f"RESET {SCHEMA}.resetting")


def remove(connection: PostgresConnection) -> None:
    """Take everything of ours out of the database, where it is there."""
    for name in ("change", "loss"):
        connection.query(f"DROP EVENT TRIGGER IF EXISTS {SCHEMA}_{name}")
    connection.query(f"{QUIET}; DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; RESET {SCHEMA}.resetting")


def _keep_rows(connection: PostgresConnection, oid: int, name: str, columns: str) -> None:
    """Copy the rows of a table that has some, but not too many."""
    count = int(connection.value(f"SELECT count(*) FROM (SELECT FROM ONLY {name} LIMIT {MOST_ROWS + 1}) t") or 0)
    if count <= MOST_ROWS:
        connection.query(f"UPDATE {SCHEMA}.tables SET rows = {count} WHERE oid = {oid}")
    if 0 < count <= MOST_ROWS:
        connection.query(f"CREATE TABLE {SCHEMA}.rows_{oid} AS SELECT {columns} FROM ONLY {name}")


def _trigger(name: str) -> str:
    return (
        f"CREATE TRIGGER {SCHEMA}_touch AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {name} FOR EACH STATEMENT "
        f"WHEN ({OURS}) EXECUTE FUNCTION {SCHEMA}.touch(); "
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {SCHEMA}_touch"
    )


def _watch(connection: PostgresConnection) -> bool:
    """Make the event triggers; return False where the role may not."""
    connection.query("SAVEPOINT watch")
    try:
        connection.query(WATCHES)
    except PostgresError as error:
        if error.state != DENIED:
            raise
        connection.query("ROLLBACK TO SAVEPOINT watch")
        return False
    return True
