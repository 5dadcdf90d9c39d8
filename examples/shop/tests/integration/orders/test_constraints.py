"""What the database refuses, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    from sqlalchemy import Connection


OUTGOING = (
    "INSERT INTO outbox (event_id, subject, body)"
    " VALUES ('00000000-0000-4000-8000-000000000001', 'events.order.placed', '{}')"
)


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        ("uq_users_email", "INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada')"),
        ("ck_users_email_lower", "INSERT INTO users (email, name) VALUES ('Mary@example.org', 'Mary')"),
        ("uq_products_sku", "INSERT INTO products (sku, name, price_cents) VALUES ('SPOON', 'Spoon', 1)"),
        ("ck_products_price_not_negative", "UPDATE products SET price_cents = -1"),
        ("ck_stock_quantity_not_negative", "UPDATE stock SET quantity = quantity - 2 WHERE product_id = 6"),
        ("fk_stock_product_id", "INSERT INTO stock (product_id, quantity) VALUES (999999, 1)"),
        ("fk_orders_user_id", "UPDATE orders SET user_id = 999999"),
        ("fk_orders_user_id", "DELETE FROM users WHERE id = 1"),
        ("ck_orders_status_known", "UPDATE orders SET status = 'lost' WHERE id = 2"),
        ("ck_orders_total_covers_shipping", "UPDATE orders SET total_cents = shipping_cents - 1"),
        ("ck_orders_paid_at_when_paid", "UPDATE orders SET status = 'paid' WHERE id = 2"),
        ("ck_orders_paid_at_when_paid", "UPDATE orders SET paid_at = now() WHERE id = 3"),
        ("fk_order_lines_product_id", "DELETE FROM products WHERE id = 1"),
        ("ck_order_lines_quantity_positive", "UPDATE order_lines SET quantity = 0"),
        ("pk_order_lines", "INSERT INTO order_lines SELECT * FROM order_lines"),
        ("fk_refunds_order_id", "DELETE FROM orders WHERE id = 4"),
        ("uq_refunds_order_id", "INSERT INTO refunds (order_id, amount_cents, reason) VALUES (4, 1, 'Again')"),
        ("ck_refunds_amount_not_negative", "UPDATE refunds SET amount_cents = -1"),
        ("pk_shipments", "INSERT INTO shipments (order_id, state) VALUES (1, 'waiting')"),
        ("fk_shipments_order_id", "INSERT INTO shipments (order_id, state) VALUES (999999, 'waiting')"),
        ("ck_shipments_state_known", "UPDATE shipments SET state = 'lost'"),
        ("pk_notifications", "INSERT INTO notifications SELECT * FROM notifications"),
        ("fk_notifications_order_id", "UPDATE notifications SET order_id = 999999"),
        ("ck_notifications_status_known", "UPDATE notifications SET status = 'lost'"),
        ("uq_outbox_event_id", f"{OUTGOING}; {OUTGOING}"),
    ],
)
def test_the_database_keeps_its_rules(db_connection: Connection, constraint: str, statement: str) -> None:
    """A row that breaks a rule is refused in the name of that rule."""
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        db_connection.execute(text(statement))


def test_an_order_goes_with_its_lines(db_connection: Connection) -> None:
    """An order that is deleted takes its lines with it."""
    db_connection.execute(text("DELETE FROM orders WHERE id = 2"))
    assert db_connection.scalar(text("SELECT count(*) FROM order_lines WHERE order_id = 2")) == 0
