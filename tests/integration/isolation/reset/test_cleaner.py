"""Tests of ``juncture.isolation.reset.cleaner``: whatever a test did, the database is what its template was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cleaned import Cleaned, begin, cleaned_on

from juncture.isolation.reset.cleaner import SWEEP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from juncture.providers.reservation import Server

    Make = Callable[[str], AbstractContextManager[Cleaned]]

SHOP = """
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE SCHEMA billing;
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE country (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO country VALUES ('fr', 'France'), ('de', 'Germany');
CREATE TABLE customer (
    id serial PRIMARY KEY,
    country text NOT NULL REFERENCES country ON DELETE CASCADE ON UPDATE CASCADE,
    name text UNIQUE, shout text GENERATED ALWAYS AS (upper(name)) STORED, favourite int);
CREATE TABLE billing.invoice (
    id bigint GENERATED ALWAYS AS IDENTITY,
    customer int REFERENCES customer ON DELETE CASCADE, state state, total numeric
);
ALTER TABLE customer ADD FOREIGN KEY (favourite) REFERENCES customer;
CREATE TABLE egg (id serial PRIMARY KEY, hen int);
CREATE TABLE hen (id serial PRIMARY KEY, egg int REFERENCES egg);
ALTER TABLE egg ADD FOREIGN KEY (hen) REFERENCES hen DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE event (day date NOT NULL, what text) PARTITION BY RANGE (day);
CREATE TABLE event_a PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE event_b PARTITION OF event FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (what);
CREATE TABLE event_b_x PARTITION OF event_b DEFAULT;
CREATE TABLE animal (name text);
CREATE TABLE dog (tail int) INHERITS (animal);
CREATE VIEW customers AS SELECT id, name FROM customer;
CREATE MATERIALIZED VIEW per_country AS SELECT country, count(*) FROM customer GROUP BY 1;
CREATE TABLE audit (what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO audit VALUES (TG_OP); RETURN COALESCE(NEW, OLD); END $$;
CREATE TRIGGER noted AFTER INSERT OR DELETE ON customer FOR EACH ROW EXECUTE FUNCTION note();
CREATE RULE protected AS ON DELETE TO country DO INSTEAD NOTHING;
CREATE SEQUENCE ticket START 100;
CREATE SEQUENCE batch CACHE 20;
CREATE UNLOGGED TABLE cache (key text, value text);
CREATE TABLE "odd ""one"" b" ("a b" int, "Ä" text);
CREATE TABLE nothing ();
INSERT INTO customer (country, name) VALUES ('fr', 'Ada'), ('de', 'Bob');
INSERT INTO billing.invoice (customer, state, total) VALUES (1, 'new', 9.99);
INSERT INTO event VALUES ('2026-01-03', 'seeded'), ('2026-02-03', 'x');
INSERT INTO "odd ""one"" b" VALUES (1, 'x');
INSERT INTO nothing DEFAULT VALUES;
SELECT nextval('ticket');
TRUNCATE audit;
"""


@pytest.fixture(scope="module")
def shop(postgres_server: Server, shared_home: Path) -> Iterator[Cleaned]:
    """Return a database with nearly everything that a schema can have; each test's reset makes it clean again."""
    with cleaned_on(postgres_server.endpoint, SHOP, shared_home) as made:
        yield made


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO customer (country, name) VALUES ('fr', 'Eve')",
        "UPDATE customer SET favourite = 2 WHERE id = 1; UPDATE customer SET favourite = 1 WHERE id = 2",
        "ALTER TABLE country DISABLE RULE protected; ALTER TABLE country ENABLE RULE protected",
        "DELETE FROM billing.invoice; DELETE FROM customer",
        "UPDATE country SET code = 'xx' WHERE code = 'fr'",
        "TRUNCATE country CASCADE",
        "TRUNCATE customer, billing.invoice RESTART IDENTITY",
        "INSERT INTO egg VALUES (1, NULL); INSERT INTO hen VALUES (1, 1); UPDATE egg SET hen = 1",
        "INSERT INTO event VALUES ('2026-01-04', 'more'), ('2026-02-04', 'y')",
        "UPDATE event SET day = '2026-02-09' WHERE day = '2026-01-03'",
        "INSERT INTO event_b_x VALUES ('2026-02-05', 'direct')",
        "TRUNCATE event",
        "INSERT INTO dog VALUES ('Rex', 1); UPDATE animal SET name = 'Max'",
        "UPDATE customers SET name = 'Zoe' WHERE id = 1",
        "INSERT INTO cache VALUES ('a', 'b')",
        "COPY cache (key) FROM PROGRAM 'echo a'",
        'DELETE FROM "odd ""one"" b"',
        "INSERT INTO nothing DEFAULT VALUES",
        "SET session_replication_role = replica; DELETE FROM customer",
        "WITH gone AS (DELETE FROM audit RETURNING *), new AS (INSERT INTO cache VALUES ('x', 'y')) SELECT",
        "SELECT lo_from_bytea(0, 'abc')",
    ],
    ids=begin,
)
def test_what_was_written_is_undone(shop: Cleaned, sql: str) -> None:
    """By itself, through keys, views, partitions, heirs and with triggers off; only DDL takes a new copy."""
    shop.run(sql)
    shop.check("fresh" if "ALTER" in sql else "rows")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nextval('ticket'), nextval('batch')",
        "SELECT setval('batch', 77, false)",
        "SELECT setval('customer_id_seq', 1)",
        "BEGIN; INSERT INTO customer (country, name) VALUES ('fr', 'Eve'); ROLLBACK",
    ],
    ids=begin,
)
def test_sequences_go_back(shop: Cleaned, sql: str) -> None:
    """Also those that nothing owns, that were never called, or that moved in a transaction which was rolled back."""
    shop.run(sql)
    shop.check("rows")


def test_numbers_taken_ahead_are_given_up(shop: Cleaned) -> None:
    """A session that holds twenty numbers of a sequence begins again with the first."""
    with shop.connect() as application:
        assert [application.value("SELECT nextval('batch')") for _ in range(2)] == ["1", "2"]
        shop.check("rows")
        assert application.value("SELECT nextval('batch')") == "1"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE new (i int)",
        "ALTER TABLE customer ADD age int",
        "DROP TABLE billing.invoice",
        "DROP SCHEMA public CASCADE",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TYPE state ADD VALUE 'late'",
        "REFRESH MATERIALIZED VIEW per_country",
        "DROP TRIGGER juncture_state_touch ON customer; DELETE FROM billing.invoice",
        "GRANT SELECT ON customer TO PUBLIC",
        "DROP SCHEMA juncture_state CASCADE",
    ],
    ids=begin,
)
def test_changed_schema_takes_a_new_copy(shop: Cleaned, sql: str) -> None:
    """Whatever is created, altered or dropped; the application finds it under the same name."""
    shop.run(sql)
    shop.check("fresh")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMP TABLE t (i int, name text); CREATE INDEX ON t (i); INSERT INTO t VALUES (1); DROP TABLE t",
        "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT * FROM customer",
        "BEGIN; DROP TABLE billing.invoice; ROLLBACK",
        "BEGIN; DELETE FROM customer; ROLLBACK",
        "SELECT * FROM customer FOR UPDATE",
        "ANALYZE; VACUUM",
    ],
    ids=begin,
)
def test_what_leaves_nothing_costs_nothing(shop: Cleaned, sql: str) -> None:
    """Temporary tables, transactions that were rolled back, locks and maintenance."""
    with shop.connect() as application:
        for statement in [sql] if "BEGIN" in sql else sql.split(";"):
            application.query(statement)
    shop.check("nothing")


def test_triggers_of_the_project_do_not_run(shop: Cleaned) -> None:
    """A reset writes nothing into an audit table, though the trigger is still there for the next test."""
    shop.run("INSERT INTO customer (country, name) VALUES ('fr', 'Eve')")
    shop.check("rows")
    shop.run("INSERT INTO customer (country, name) VALUES ('fr', 'Eve')")
    assert shop.run("SELECT what FROM audit") == [("INSERT",)]
    assert shop.run("SELECT max(id) FROM customer") == [("3",)]


def test_trigger_that_always_runs_takes_a_new_copy(cleaned: Make) -> None:
    """It would run in the reset too."""
    always = "ALTER TABLE customer ENABLE ALWAYS TRIGGER noted"
    with cleaned(f"{SHOP}; {always}") as made:
        made.run("DELETE FROM billing.invoice; DELETE FROM customer WHERE id = 1")
        made.cleaner.clean()
        assert made.cleaner.why == {"public.customer has triggers or rules that always run": 1}
        assert made.now() == made.first


def test_large_table_takes_a_new_copy(cleaned: Make) -> None:
    """To put thousands of rows back takes longer than copying files; one that is not written to does not matter."""
    with cleaned("CREATE TABLE big AS SELECT generate_series(1, 3000) i; CREATE TABLE small (i int)") as made:
        made.run("INSERT INTO small VALUES (1)")
        made.check("rows")
        made.run("DELETE FROM big WHERE i = 7")
        made.check("fresh")


def test_large_objects_of_the_seed_come_back(cleaned: Make) -> None:
    """One that is gone or is new takes a new copy: what is in them is not copied."""
    with cleaned("SELECT lo_from_bytea(4711, 'abc')") as made:
        made.run("SELECT lo_unlink(4711)")
        made.check("fresh")
        made.run("SELECT lo_from_bytea(0, 'abc')")
        made.check("fresh")
        made.run("SELECT lo_put(4711, 0, 'xyz')")
        made.check("fresh")


def test_notes_do_not_pile_up(shop: Cleaned) -> None:
    """A table that a thousand tests wrote to, and the notes about it, take no more space than at first."""
    with shop.connect() as application:
        for _ in range(40):
            application.query("INSERT INTO cache SELECT i, repeat('x', 500) FROM generate_series(1, 60) i;" * 30)
        for _ in range(SWEEP):
            shop.cleaner.clean()
            application.query("INSERT INTO cache VALUES ('a', 'b')")
        shop.cleaner.clean()
        size = application.value("SELECT pg_relation_size('cache') + pg_relation_size('juncture_state.touched')")
    assert int(size or 0) < 1_000_000


def test_names_of_the_application_are_its_own(cleaned: Make) -> None:
    """Juncture's schema is in nobody's search path, whatever the role is called."""
    with cleaned("CREATE TABLE facts (i int); CREATE TABLE touched (oid oid); INSERT INTO facts VALUES (1)") as made:
        assert made.run("SELECT current_schema()") == [("public",)]
        made.run("UPDATE facts SET i = 2; INSERT INTO touched VALUES (1)")
        made.check("rows")
