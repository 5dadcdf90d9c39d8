"""The seed files: their order, and what they leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import Connection, connect
from psycopg.errors import ForeignKeyViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.migrations import Migrations
    from sqlalchemy import Connection as SQLAlchemyConnection
    from sqlalchemy import MetaData

    from tests.integration.conftest import Rows

NEW_ROWS = {
    "users": "INSERT INTO users (email, name) VALUES ('mary@example.org', 'Mary') RETURNING id",
    "products": "INSERT INTO products (sku, name, price_cents) VALUES ('BOWL', 'Bowl', 1990) RETURNING id",
    "orders": "INSERT INTO orders (user_id, status, shipping_cents, total_cents) VALUES (1, 'placed', 0, 0)"
    " RETURNING id",
    "refunds": "INSERT INTO refunds (order_id, amount_cents, reason) VALUES (1, 1, 'Broken') RETURNING id",
}


@pytest.fixture
def seeds(pytestconfig: pytest.Config) -> list[Path]:
    """Return the seed files in their order."""
    return sorted((pytestconfig.rootpath / "seeds").glob("*.sql"))


@pytest.fixture
def unseeded(migrations: Migrations) -> Iterator[Connection]:
    """Return a connection of the bare driver, which runs a whole file at once, to tables without rows."""
    migrations.upgrade()
    with connect(migrations.database.url) as connection:
        yield connection


def test_each_file_needs_only_the_files_before_it(unseeded: Connection, seeds: list[Path]) -> None:
    """In the order of their names the files meet every foreign key, and each table gets rows."""
    for seed in seeds:
        unseeded.execute(seed.read_bytes())
    for table in (
        b"users",
        b"products",
        b"stock",
        b"orders",
        b"order_lines",
        b"refunds",
        b"shipments",
        b"notifications",
    ):
        assert unseeded.execute(b"SELECT FROM " + table).rowcount > 0


def test_no_file_can_come_earlier(unseeded: Connection, seeds: list[Path]) -> None:
    """Orders need users and products, and shipments need orders: the order of the files is not a matter of taste."""
    users, _catalogue, orders, fulfilment = (seed.read_bytes() for seed in seeds)
    with pytest.raises(ForeignKeyViolation, match="fk_shipments_order_id"):
        unseeded.execute(fulfilment)
    unseeded.rollback()
    with pytest.raises(ForeignKeyViolation, match="fk_orders_user_id"):
        unseeded.execute(orders)
    unseeded.rollback()
    unseeded.execute(users)
    with pytest.raises(ForeignKeyViolation, match="fk_order_lines_product_id"):
        unseeded.execute(orders)
    unseeded.rollback()


def test_children_are_deleted_before_their_parents(unseeded: Connection, seeds: list[Path], metadata: MetaData) -> None:
    """In the opposite order of the foreign keys every row can be deleted, table by table."""
    for seed in seeds:
        unseeded.execute(seed.read_bytes())
    tables = [table.name for table in reversed(metadata.sorted_tables)]
    assert tables.index("shipments") < tables.index("orders") < tables.index("users")
    for table in tables:
        unseeded.execute(b"DELETE FROM " + table.encode())
    for table in tables:
        assert unseeded.execute(b"SELECT FROM " + table.encode()).rowcount == 0


@pytest.mark.parametrize(
    ("parent", "constraint"),
    [
        ("users", "fk_orders_user_id"),
        ("products", "fk_order_lines_product_id"),
        ("orders", "fk_(refunds|shipments|notifications)_order_id"),
    ],
)
def test_no_parent_is_deleted_before_its_children(
    db_connection: SQLAlchemyConnection, parent: str, constraint: str
) -> None:
    """As long as there are rows that belong to it, a parent stays."""
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        db_connection.execute(text(f"DELETE FROM {parent}"))  # noqa: S608 - one of the names above


@pytest.mark.parametrize("table", NEW_ROWS)
def test_the_sequences_go_on_after_the_seeds(db_connection: SQLAlchemyConnection, table: str) -> None:
    """The next row gets an id above all that were seeded."""
    highest = db_connection.scalar(text(f"SELECT max(id) FROM {table}"))  # noqa: S608 - a key of the table above
    assert db_connection.scalar(text(NEW_ROWS[table])) > highest


def test_seeded_orders_add_up(rows: Rows) -> None:
    """Each total is its lines and its shipping, so the seeds could have been placed in the shop."""
    assert (
        rows(
            "SELECT id FROM orders JOIN order_lines ON order_id = id GROUP BY id"
            " HAVING total_cents <> shipping_cents + sum(quantity * unit_price_cents)"
        )
        == []
    )


def test_seeded_refunds_belong_to_refunded_orders(rows: Rows) -> None:
    """Exactly the refunded orders have a refund, of the whole amount."""
    assert rows("SELECT order_id, amount_cents FROM refunds ORDER BY order_id") == rows(
        "SELECT id AS order_id, total_cents AS amount_cents FROM orders WHERE status = 'refunded' ORDER BY id"
    )


def test_seeded_shipments_belong_to_paid_orders(rows: Rows) -> None:
    """What was paid is to be packed, what was refunded is not, and nothing else has a shipment."""
    assert rows("SELECT order_id, state FROM shipments ORDER BY order_id") == rows(
        "SELECT id AS order_id, CASE status WHEN 'paid' THEN 'waiting' ELSE 'stopped' END AS state FROM orders"
        " WHERE status IN ('paid', 'refunded') ORDER BY id"
    )
