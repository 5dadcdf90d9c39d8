"""The migrations, up and down, on databases of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.script import ScriptDirectory
    from juncture.model import Endpoint
    from sqlalchemy import Connection

    from tests.integration.conftest import Migrate

COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
SEQUENCES = "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'"


@pytest.fixture
def empty(scratch_database: Callable[[str], Endpoint]) -> Endpoint:
    """Return a database without a table."""
    return scratch_database("db")


@pytest.fixture
def connection(empty: Endpoint) -> Iterator[Connection]:
    """Return a connection to that database, each statement its own transaction."""
    engine = create_engine(empty.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def scripts(pytestconfig: pytest.Config) -> ScriptDirectory:
    """Return the folder of migrations as Alembic sees it."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(Config(pytestconfig.rootpath / "alembic.ini"))


def schema(connection: Connection) -> list[str]:
    """Describe every column, constraint, index and sequence, one a line, Alembic's own table aside."""
    queries = (COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES)
    rows = (tuple(row) for query in queries for row in connection.execute(text(query)))
    return sorted(str(row) for row in rows if row[0] != "alembic_version")


def test_there_is_one_head(scripts: ScriptDirectory) -> None:
    """The revisions are one line without branches, from one base to one head."""
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    assert all(not revision.is_branch_point for revision in scripts.walk_revisions())


def test_up_down_and_up_again(empty: Endpoint, connection: Connection, migrate: Migrate) -> None:
    """All the way down nothing is left, and up again gives the same schema."""
    assert schema(connection) == []
    migrate(empty, "head")
    first = schema(connection)
    migrate(empty, "base")
    assert schema(connection) == []
    migrate(empty, "head")
    assert first != []
    assert schema(connection) == first


def test_every_step_down_undoes_its_step_up(
    empty: Endpoint, connection: Connection, migrate: Migrate, scripts: ScriptDirectory
) -> None:
    """Each revision is taken up, down and up again, and leaves the schema that it found."""
    for script in reversed(list(scripts.walk_revisions())):
        before = schema(connection)
        migrate(empty, script.revision)
        after = schema(connection)
        assert after != before, f"{script.revision} changes nothing"
        migrate(empty, "-1")
        assert schema(connection) == before, f"{script.revision} is not undone"
        migrate(empty, script.revision)
        assert schema(connection) == after, f"{script.revision} differs the second time"


def test_the_mapped_classes_are_what_the_migrations_made(
    empty: Endpoint, connection: Connection, migrate: Migrate
) -> None:
    """Alembic finds nothing that a new revision would have to change."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from shop.database import Base

    migrate(empty, "head")
    context = MigrationContext.configure(connection)
    assert compare_metadata(context, Base.metadata) == []


def test_the_checks_of_the_mapped_classes_are_in_the_database(
    empty: Endpoint, connection: Connection, migrate: Migrate
) -> None:
    """Alembic does not compare check constraints, so their names are compared here."""
    from sqlalchemy import CheckConstraint

    from shop.database import Base

    migrate(empty, "head")
    found = connection.scalars(
        text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
    )
    mapped = [
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    ]
    assert sorted(found) == sorted(str(name) for name in mapped)


def test_products_that_were_there_get_a_stock(empty: Endpoint, connection: Connection, migrate: Migrate) -> None:
    """Revision 0003 gives the products of before an empty shelf."""
    migrate(empty, "0002")
    connection.execute(text("INSERT INTO products (sku, name, price_cents) VALUES ('MUG', 'Mug', 1290)"))
    migrate(empty, "0003")
    assert connection.execute(text("SELECT sku, quantity FROM products JOIN stock ON product_id = id")).all() == [
        ("MUG", 0)
    ]


def test_orders_that_were_paid_get_a_date(empty: Endpoint, connection: Connection, migrate: Migrate) -> None:
    """Revision 0006 dates the payments of before, and only those; a step down keeps the orders."""
    migrate(empty, "0005")
    connection.execute(text("INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada')"))
    connection.execute(
        text(
            "INSERT INTO orders (user_id, status, shipping_cents, total_cents)"
            " SELECT 1, unnest(ARRAY['placed', 'paid', 'cancelled', 'refunded']), 490, 1780"
        )
    )
    migrate(empty, "0006")
    dated = connection.execute(text("SELECT status, paid_at = placed_at FROM orders ORDER BY id")).all()
    assert dated == [("placed", None), ("paid", True), ("cancelled", None), ("refunded", True)]
    migrate(empty, "-1")
    assert connection.scalar(text("SELECT count(*) FROM orders")) == 4


def test_orders_that_were_paid_get_a_shipment(empty: Endpoint, connection: Connection, migrate: Migrate) -> None:
    """Revision 0009 has the paid orders of before packed, and only those; a step down keeps the orders."""
    migrate(empty, "0008")
    connection.execute(text("INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada')"))
    connection.execute(
        text(
            "INSERT INTO orders (user_id, status, shipping_cents, total_cents, paid_at) VALUES"
            " (1, 'placed', 490, 1780, NULL), (1, 'paid', 490, 1780, now()), (1, 'refunded', 490, 1780, now())"
        )
    )
    migrate(empty, "0009")
    assert connection.execute(text("SELECT order_id, state FROM shipments")).all() == [(2, "waiting")]
    migrate(empty, "-1")
    assert connection.scalar(text("SELECT count(*) FROM orders")) == 3
