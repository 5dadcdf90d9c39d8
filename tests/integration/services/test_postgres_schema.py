"""Tests of ``juncture.services.postgres_schema`` with a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.migrations._compare import differences, more
from juncture.services.postgres import at, connect
from juncture.services.postgres_schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint

BEFORE = """
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, state state DEFAULT 'new');
CREATE INDEX ix_orders_state ON orders (state);
"""

EVERYTHING = """
CREATE EXTENSION pg_trgm;
CREATE SCHEMA shop;
CREATE DOMAIN shop.cents AS int CHECK (VALUE >= 0);
CREATE TYPE shop.pair AS (a int, b text);
CREATE SEQUENCE shop.numbers;
CREATE TABLE shop.parts (id int PRIMARY KEY, price shop.cents, two int GENERATED ALWAYS AS (2) STORED)
    PARTITION BY RANGE (id);
CREATE TABLE shop.some_parts PARTITION OF shop.parts FOR VALUES FROM (0) TO (9);
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON shop.parts FOR EACH ROW EXECUTE FUNCTION shop.touch();
CREATE VIEW shop.dear AS SELECT * FROM shop.parts WHERE price > 9;
CREATE MATERIALIZED VIEW shop.cheap AS SELECT * FROM shop.parts WHERE price < 9;
CREATE INDEX ix_cheap ON shop.cheap (price);
ALTER TABLE shop.parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.parts USING (price > 0);
"""


@pytest.fixture
def empty(database: Endpoint) -> Iterator[Endpoint]:
    """Return a database without a table."""
    with connect(database) as connection:
        connection.query("CREATE DATABASE described TEMPLATE template0")
        yield at(database, "described")
        connection.query("DROP DATABASE described WITH (FORCE)")


def test_every_sort_of_object_is_described(empty: Endpoint) -> None:
    """Each sort is seen, what an extension brings is not; when all is dropped, nothing is left."""
    before = schema_of(empty)
    with connect(empty) as connection:
        connection.query(EVERYTHING)
        made = schema_of(empty)
        connection.query("DROP SCHEMA shop CASCADE; DROP EXTENSION pg_trgm")
    assert [str(thing) for thing in more(before, made)] == [
        *("extension pg_trgm", "function shop.touch()", "materialized view shop.cheap", "schema shop"),
        *("sequence shop.numbers", "table shop.parts", "table shop.some_parts", "type shop.cents", "type shop.pair"),
        "view shop.dear",
    ]
    assert {str(thing) for thing in made if thing.of == "table shop.parts"} == {
        *("column shop.parts.id", "column shop.parts.price", "column shop.parts.two"),
        *("constraint parts_pkey", "policy own", "trigger touched"),
    }
    assert schema_of(empty) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("CREATE INDEX ix ON users (email)", "left behind  index ix of table users: CREATE INDEX ix ON public.users"),
        ("DROP INDEX ix_orders_state", "missing      index ix_orders_state of table orders: CREATE INDEX"),
        ("ALTER TABLE users ADD CHECK (id > 0)", "left behind  constraint users_id_check of table users: CHECK"),
        ("ALTER TYPE state ADD VALUE 'lost'", "changed      type state: was enum: new, paid, is enum: new, paid, lost"),
        ("ALTER TABLE orders ALTER state DROP DEFAULT", "changed      column orders.state: was state default"),
        (
            "ALTER SEQUENCE users_id_seq INCREMENT BY 2",
            "changed      sequence users_id_seq of table users: was integer",
        ),
        ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", "changed      table users: was nothing, is row security"),
        ("ALTER TABLE users ALTER email TYPE varchar(9)", "changed      column users.email: was text, is character"),
        ("DROP TABLE orders", "missing      table orders"),
    ],
)
def test_a_change_of_what_was_there_is_told(empty: Endpoint, change: str, told: str) -> None:
    """What belongs to a table is named by itself where the table was there before, and once where it went with it."""
    with connect(empty) as connection:
        connection.query(BEFORE)
        before = schema_of(empty)
        connection.query(change)
    lines = differences(before, schema_of(empty))
    assert len(lines) == 1
    assert lines[0].startswith(told)
