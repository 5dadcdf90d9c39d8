"""Everything that a Postgres database holds, to be compared: rows, sequences and schema, but nothing of juncture's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from juncture.services.wire.postgres import PostgresConnection

__all__ = ["snapshot"]

USER = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'juncture_state')"

SCHEMA = {
    "relations": f"""SELECT n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relacl::text,
        pg_get_viewdef(CASE WHEN c.relkind IN ('v', 'm') THEN c.oid END)
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE {USER} ORDER BY 1, 2""",
    "columns": f"""SELECT a.attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
        attgenerated, pg_get_expr(adbin, adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE {USER} AND attnum > 0 AND NOT attisdropped ORDER BY 1, attnum""",
    "constraints": f"""SELECT conrelid::regclass, conname, pg_get_constraintdef(x.oid) FROM pg_constraint x
        JOIN pg_namespace n ON n.oid = connamespace WHERE {USER} ORDER BY 1, 2""",
    "triggers": """SELECT tgrelid::regclass, pg_get_triggerdef(oid), tgenabled FROM pg_trigger
        WHERE NOT tgisinternal AND tgname <> 'juncture_state_touch' ORDER BY 1, 2""",
    "functions": f"""SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE {USER} AND prokind = 'f' ORDER BY 1""",
    "schemas": f"SELECT nspname FROM pg_namespace n WHERE {USER} ORDER BY 1",
    "enums": "SELECT enumtypid::regtype, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder",
    "extensions": "SELECT extname, extversion FROM pg_extension ORDER BY 1",
    "objects": "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY 1",
}


def snapshot(connection: PostgresConnection) -> dict[str, object]:
    """Return what the connection's database holds, by what it is."""
    found: dict[str, object] = {name: connection.query(sql) for name, sql in SCHEMA.items()}
    names = connection.query(
        "SELECT format('%I.%I', n.nspname, relname), relkind FROM pg_class c "
        f"JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm', 'S') AND {USER} ORDER BY 1"
    )
    for name, kind in names:
        columns = "last_value, is_called" if kind == "S" else "t::text"
        only = "ONLY " if kind == "r" else ""
        found[str(name)] = connection.query(f"SELECT {columns} FROM {only}{name} t ORDER BY 1")
    return found
