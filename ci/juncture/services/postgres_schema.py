"""What is in a PostgreSQL database besides rows: every object that a migration can make, and how it is defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services.postgres_address import connect
from juncture.services.things import Thing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint

__all__ = ["schema_of"]


# What belongs to an extension is left out: the extension stands for all of it. So are positions of columns, which no
# downgrade can restore, and the names of NOT NULL constraints, which a server before 18 does not have.
_SQL = """
WITH space AS (
    SELECT oid, nspname, CASE nspname WHEN 'public' THEN '' ELSE quote_ident(nspname) || '.' END AS prefix
    FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
), extended AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.*, prefix || quote_ident(relname) AS name,
           CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                        WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END AS kind
    FROM pg_class c JOIN space s ON s.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
      AND NOT EXISTS (SELECT FROM extended WHERE classid = 'pg_class'::regclass AND objid = c.oid)
), kind AS (
    SELECT t.*, prefix || quote_ident(typname) AS name
    FROM pg_type t JOIN space s ON s.oid = typnamespace
    WHERE typtype IN ('e', 'd', 'r')
      AND NOT EXISTS (SELECT FROM extended WHERE classid = 'pg_type'::regclass AND objid = t.oid)
)
SELECT 'schema', quote_ident(nspname), '', '' FROM space s
WHERE NOT EXISTS (SELECT FROM extended WHERE classid = 'pg_namespace'::regclass AND objid = s.oid)
UNION ALL
SELECT 'extension', extname, '', extversion FROM pg_extension
UNION ALL
SELECT kind, name, '', concat_ws(', ', CASE relpersistence WHEN 'u' THEN 'unlogged' END,
       CASE WHEN relrowsecurity THEN 'row security' END, CASE WHEN relforcerowsecurity THEN 'forced' END,
       'partition by ' || pg_get_partkeydef(oid),
       (SELECT 'part of ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = relation.oid LIMIT 1),
       pg_get_expr(relpartbound, oid), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END)
FROM relation WHERE relkind NOT IN ('S', 'c')
UNION ALL
SELECT kind, name, coalesce((SELECT o.kind || ' ' || o.name FROM pg_depend d JOIN relation o ON o.oid = refobjid
       WHERE d.objid = relation.oid AND d.classid = 'pg_class'::regclass AND deptype IN ('a', 'i') LIMIT 1), ''),
       concat_ws(' ', format_type(seqtypid, NULL), 'from', seqstart, 'by', seqincrement, 'in', seqmin, seqmax,
       CASE WHEN seqcycle THEN 'cycle' END)
FROM relation JOIN pg_sequence ON seqrelid = oid
UNION ALL
SELECT kind, name, '', 'composite: ' || coalesce((SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod),
       ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped), '')
FROM relation WHERE relkind = 'c'
UNION ALL
SELECT 'column', name || '.' || quote_ident(attname), relation.kind || ' ' || name,
       concat_ws(' ', format_type(atttypid, atttypmod),
       (SELECT 'collate ' || quote_ident(collname) FROM pg_collation, pg_type t
        WHERE pg_collation.oid = attcollation AND t.oid = atttypid AND attcollation <> typcollation),
       CASE WHEN attnotnull THEN 'not null' END,
       CASE attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END,
       CASE attgenerated WHEN '' THEN 'default ' ELSE 'generated as ' END || pg_get_expr(adbin, adrelid))
FROM pg_attribute JOIN relation ON relation.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'constraint', quote_ident(conname), coalesce(relation.kind || ' ' || relation.name, 'type ' || kind.name),
       pg_get_constraintdef(c.oid)
FROM pg_constraint c LEFT JOIN relation ON relation.oid = conrelid LEFT JOIN kind ON kind.oid = contypid
WHERE coalesce(relation.oid, kind.oid) IS NOT NULL AND contype NOT IN ('n', 't')
UNION ALL
SELECT 'index', prefix || quote_ident(i.relname), relation.kind || ' ' || name, pg_get_indexdef(indexrelid)
FROM pg_index JOIN relation ON relation.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
     JOIN space ON space.oid = i.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'trigger', quote_ident(tgname), relation.kind || ' ' || name, pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
FROM pg_trigger t JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT 'rule', quote_ident(rulename), relation.kind || ' ' || name, pg_get_ruledef(r.oid)
FROM pg_rewrite r JOIN relation ON relation.oid = ev_class WHERE rulename <> '_RETURN'
UNION ALL
SELECT 'policy', quote_ident(polname), relation.kind || ' ' || name, concat_ws(' ', polcmd, polpermissive, polroles::text,
       pg_get_expr(polqual, polrelid), 'check', pg_get_expr(polwithcheck, polrelid))
FROM pg_policy JOIN relation ON relation.oid = polrelid
UNION ALL
SELECT 'statistics', prefix || quote_ident(stxname), relation.kind || ' ' || name, pg_get_statisticsobjdef(e.oid)
FROM pg_statistic_ext e JOIN relation ON relation.oid = stxrelid JOIN space ON space.oid = stxnamespace
UNION ALL
SELECT 'type', name, '', CASE typtype
       WHEN 'e' THEN 'enum: ' || (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = kind.oid)
       WHEN 'd' THEN concat_ws(' ', 'domain:', format_type(typbasetype, typtypmod), CASE WHEN typnotnull THEN 'not null' END,
            'default ' || typdefault)
       ELSE 'range: ' || (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = kind.oid) END
FROM kind
UNION ALL
SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       prefix || quote_ident(proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', '',
       CASE WHEN prokind = 'a' THEN '' ELSE pg_get_functiondef(p.oid) END
FROM pg_proc p JOIN space ON space.oid = pronamespace
WHERE NOT EXISTS (SELECT FROM extended WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
UNION ALL
SELECT 'collation', prefix || quote_ident(collname), '', '' FROM pg_collation JOIN space ON space.oid = collnamespace
UNION ALL
SELECT 'event trigger', quote_ident(evtname), '', concat_ws(' ', evtevent, evtfoid::regproc, evttags::text)
FROM pg_event_trigger
UNION ALL
SELECT 'publication', quote_ident(pubname), '', concat_ws(' ', puballtables, pubinsert, pubupdate, pubdelete)
FROM pg_publication
UNION ALL
SELECT 'foreign server', quote_ident(srvname), '', concat_ws(' ', srvtype, srvversion) FROM pg_foreign_server
ORDER BY 1, 2, 3
"""  # noqa: E501


def schema_of(database: Endpoint) -> Mapping[Thing, str]:
    """Return every object in a database with its definition, in the order of kinds and names.

    What the whole server shares is none of it: roles and tablespaces.
    """
    with connect(database, timeout=60.0) as connection:
        connection.query("SET search_path TO public")
        rows = connection.query(_SQL)
    return {Thing(kind or "", name or "", of or ""): definition or "" for kind, name, of, definition in rows}
