"""Tests of the reset for a role that is no superuser, and on an older server in a container."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cleaned import Cleaned, begin, cleaned_on
from quay import IMAGES, Quay

from juncture.services.postgres import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from juncture.host.engine import Engine
    from juncture.model import Endpoint
    from juncture.providers.reservation import Server

SEED = """
CREATE TABLE country (code text PRIMARY KEY);
CREATE TABLE customer (id serial PRIMARY KEY, country text REFERENCES country, likes int REFERENCES customer);
CREATE TABLE city (name text, country text REFERENCES country);
CREATE TABLE egg (id serial PRIMARY KEY, hen int);
CREATE TABLE hen (id serial PRIMARY KEY, egg int REFERENCES egg);
ALTER TABLE egg ADD FOREIGN KEY (hen) REFERENCES hen DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE event (day int, what text) PARTITION BY RANGE (day);
CREATE TABLE event_a PARTITION OF event DEFAULT;
CREATE TABLE noted (i int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noting BEFORE INSERT ON noted FOR EACH ROW EXECUTE FUNCTION note();
CREATE TYPE mood AS ENUM ('good');
CREATE SEQUENCE ticket CACHE 10;
CREATE VIEW names AS SELECT id FROM customer;
CREATE DOMAIN age AS int;
CREATE TABLE score (points int);
CREATE VIEW scores AS SELECT * FROM score;
CREATE MATERIALIZED VIEW total AS SELECT sum(points) FROM score;
CREATE TABLE part (i int) PARTITION BY LIST (i);
CREATE TABLE part_a PARTITION OF part DEFAULT;
CREATE MATERIALIZED VIEW best AS SELECT max(points) AS points FROM scores UNION SELECT i FROM part;
CREATE UNIQUE INDEX ON best (points);
INSERT INTO country VALUES ('fr'), ('de');
INSERT INTO city VALUES ('Paris', 'fr');
INSERT INTO customer (country, likes) VALUES ('fr', 1), ('de', 1);
INSERT INTO event VALUES (1, 'seeded');
"""

PLAIN = "juncture_plain"


@pytest.fixture(scope="module")
def plain(postgres_server: Server, shared_home: Path) -> Iterator[Cleaned]:
    """Return a database of a role that may make databases and nothing else."""
    admin = postgres_server.endpoint
    with connect(admin) as connection, ExitStack() as stack:
        connection.query(f"CREATE ROLE {PLAIN} LOGIN CREATEDB PASSWORD 'plain'")
        stack.callback(connection.query, f"DROP ROLE {PLAIN}")
        with cleaned_on(replace(admin, user=PLAIN, password="plain"), SEED, shared_home) as made:
            yield made


@pytest.mark.parametrize(
    ("sql", "way"),
    [
        ("INSERT INTO customer (country) VALUES ('fr')", "rows"),
        ("DELETE FROM customer", "rows"),
        ("UPDATE city SET name = 'Lyon'; DELETE FROM city", "rows"),
        ("TRUNCATE event; INSERT INTO event VALUES (2, 'new')", "rows"),
        ("SELECT nextval('ticket'), nextval('customer_id_seq')", "rows"),
        ("SELECT lo_from_bytea(0, 'abc')", "rows"),
        ("INSERT INTO country VALUES ('it')", "fresh"),
        ("INSERT INTO egg VALUES (1, NULL); INSERT INTO hen VALUES (1, 1); UPDATE egg SET hen = 1", "fresh"),
        ("INSERT INTO noted VALUES (1)", "fresh"),
        ("CREATE TEMP TABLE t (i int)", "nothing"),
    ],
    ids=begin,
)
def test_rows_are_put_back_where_the_role_can(plain: Cleaned, sql: str, way: str) -> None:
    """Where foreign keys or triggers are in the way, by a new copy."""
    plain.run(sql)
    plain.check(way)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE new (i int)",
        "ALTER TABLE customer ADD age int",
        "ALTER TABLE customer ALTER country SET DEFAULT 'fr'",
        "ALTER TABLE customer ADD CHECK (id > 0)",
        "DROP TABLE city",
        "CREATE INDEX ON customer (country)",
        "DROP TRIGGER noting ON noted",
        "CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE OR REPLACE VIEW names AS SELECT id + 1 AS id FROM customer",
        "ALTER TYPE mood ADD VALUE 'bad'",
        "CREATE SCHEMA more",
        "GRANT SELECT ON customer TO PUBLIC",
        "ALTER TABLE customer RENAME likes TO loves",
        "ALTER SEQUENCE ticket INCREMENT 7",
        "REFRESH MATERIALIZED VIEW total",
        "INSERT INTO score VALUES (7); REFRESH MATERIALIZED VIEW CONCURRENTLY best",
        "INSERT INTO part_a VALUES (7); REFRESH MATERIALIZED VIEW CONCURRENTLY best",
        "ALTER DOMAIN age ADD CHECK (VALUE > 0)",
        "CREATE CAST (mood AS int) WITH INOUT",
        'CREATE COLLATION plain FROM "C"',
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE OPERATOR %% (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)",
        "CREATE STATISTICS both_of_them ON id, country FROM customer",
    ],
    ids=begin,
)
def test_changes_are_seen_in_the_catalog(plain: Cleaned, sql: str) -> None:
    """Without event triggers, each kind of change takes a new copy."""
    plain.run(sql)
    plain.check("fresh")


def test_database_that_notes_nothing_takes_new_copies(plain: Cleaned) -> None:
    """Where the role may not track it, what the project's processes wrote is no error; a reset makes it a new copy."""
    plain.cleaner.replace()
    plain.run("DROP SCHEMA juncture_state CASCADE; INSERT INTO country VALUES ('it')")
    plain.cleaner.settle()
    plain.check("fresh")


@pytest.fixture
def older(engine: Engine, bare_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> Iterator[Endpoint]:
    """Return the administrator's endpoint of a PostgreSQL 15 in a container."""
    quay = Quay(bare_home, engine, environment_of(bare_home))
    yield quay.start("postgres", image=IMAGES["postgres"]).endpoint
    quay.clean()


def test_an_older_server_in_a_container_is_reset(older: Endpoint, bare_home: Path) -> None:
    """PostgreSQL 15 notes, puts back and is replaced in the same ways."""
    assert older.version.startswith("15")
    with cleaned_on(older, SEED, bare_home) as made:
        for sql, way in (
            ("SELECT 1", "nothing"),
            ("INSERT INTO egg VALUES (1, NULL); INSERT INTO country VALUES ('it')", "rows"),
            ("CREATE TABLE new (i int)", "fresh"),
            ("DELETE FROM event", "rows"),
        ):
            made.run(sql)
            made.check(way)
