"""The migrations, up and down, on databases of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from juncture.migrations import (  # each is a test
    test_each_revision,
    test_single_head,
    test_upgrade_downgrade_upgrade,
)
from sqlalchemy import NullPool, create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.migrations import Migrations
    from sqlalchemy import Connection, MetaData

__all__ = ["test_each_revision", "test_single_head", "test_upgrade_downgrade_upgrade"]


@pytest.fixture
def connection(migrations: Migrations) -> Iterator[Connection]:
    """Return a connection to the database that is migrated, each statement its own transaction."""
    engine = create_engine(migrations.database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def test_the_mapped_classes_are_what_the_migrations_made(
    migrations: Migrations, connection: Connection, metadata: MetaData
) -> None:
    """Alembic finds nothing that a new revision would have to change."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    migrations.upgrade()
    context = MigrationContext.configure(connection)
    assert compare_metadata(context, metadata) == []


def test_the_checks_of_the_mapped_classes_are_in_the_database(
    migrations: Migrations, connection: Connection, metadata: MetaData
) -> None:
    """Alembic does not compare check constraints, so their names are compared here."""
    from sqlalchemy import CheckConstraint

    migrations.upgrade()
    found = connection.scalars(
        text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
    )
    mapped = [
        constraint.name
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    ]
    assert sorted(found) == sorted(str(name) for name in mapped)


def test_products_that_were_there_get_a_stock(migrations: Migrations, connection: Connection) -> None:
    """Revision 0003 gives the products of before an empty shelf."""
    migrations.upgrade("0002")
    connection.execute(text("INSERT INTO products (sku, name, price_cents) VALUES ('MUG', 'Mug', 1290)"))
    migrations.upgrade("0003")
    assert connection.execute(text("SELECT sku, quantity FROM products JOIN stock ON product_id = id")).all() == [
        ("MUG", 0)
    ]


def test_orders_that_were_paid_get_a_date(migrations: Migrations, connection: Connection) -> None:
    """Revision 0006 dates the payments of before, and only those; a step down keeps the orders."""
    migrations.upgrade("0005")
    connection.execute(text("INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada')"))
    connection.execute(
        text(
            "INSERT INTO orders (user_id, status, shipping_cents, total_cents)"
            " SELECT 1, unnest(ARRAY['placed', 'paid', 'cancelled', 'refunded']), 490, 1780"
        )
    )
    migrations.upgrade("0006")
    dated = connection.execute(text("SELECT status, paid_at = placed_at FROM orders ORDER BY id")).all()
    assert dated == [("placed", None), ("paid", True), ("cancelled", None), ("refunded", True)]
    migrations.downgrade("-1")
    assert connection.scalar(text("SELECT count(*) FROM orders")) == 4


def test_orders_that_were_paid_get_a_shipment(migrations: Migrations, connection: Connection) -> None:
    """Revision 0009 has the paid orders of before packed, and only those; a step down keeps the orders."""
    migrations.upgrade("0008")
    connection.execute(text("INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada')"))
    connection.execute(
        text(
            "INSERT INTO orders (user_id, status, shipping_cents, total_cents, paid_at) VALUES"
            " (1, 'placed', 490, 1780, NULL), (1, 'paid', 490, 1780, now()), (1, 'refunded', 490, 1780, now())"
        )
    )
    migrations.upgrade("0009")
    assert connection.execute(text("SELECT order_id, state FROM shipments")).all() == [(2, "waiting")]
    migrations.downgrade("-1")
    assert connection.scalar(text("SELECT count(*) FROM orders")) == 3
