"""Two customers at the same moment, each with a connection of their own.

Transactions that meet have to be committed, so these tests have a database to themselves.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from sqlalchemy import Engine

TWO_CUSTOMERS_AND_ONE_SPOON = """
    INSERT INTO users (id, email, name) VALUES (1, 'ada@example.org', 'Ada'), (2, 'grace@example.org', 'Grace');
    INSERT INTO products (id, sku, name, price_cents) VALUES (1, 'SPOON', 'Spoon', 3900);
    INSERT INTO stock (product_id, quantity) VALUES (1, 1);
    INSERT INTO orders (id, user_id, status, shipping_cents, total_cents) VALUES (1, 1, 'placed', 490, 4390);
    INSERT INTO order_lines (order_id, product_id, quantity, unit_price_cents) VALUES (1, 1, 1, 3900);
    SELECT setval(pg_get_serial_sequence('orders', 'id'), 1);
"""


@pytest.fixture(autouse=True)
def engine(own_engine: Engine) -> Engine:
    """Return an engine to a database of this test alone; every session has its own connection."""
    with own_engine.begin() as connection:
        connection.execute(text(TWO_CUSTOMERS_AND_ONE_SPOON))
    return own_engine


def at_once(public: TestClient, engine: Engine, statement: str, *requests: tuple[str, dict[str, Any]]) -> list[int]:
    """Send requests that all wait for each other before their first *statement*; return their statuses, sorted."""
    barrier = Barrier(len(requests), timeout=30)
    met: set[int] = set()

    @event.listens_for(engine, "before_cursor_execute")
    def meet(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        if statement in sql and get_ident() not in met:  # a request is served by one thread
            met.add(get_ident())
            barrier.wait()

    with ThreadPoolExecutor(len(requests)) as threads:
        answers = list(threads.map(lambda request: public.post(request[0], json=request[1]), requests))
    return sorted(answer.status_code for answer in answers)


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Read what was committed."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_last_item_is_sold_once(public: TestClient, engine: Engine) -> None:
    """Of two orders for the last item one gets it, the other 409, and the stock is not below zero."""
    lines = [{"product_id": 1, "quantity": 1}]
    orders = [("/orders", {"user_id": user_id, "lines": lines}) for user_id in (1, 2)]
    assert at_once(public, engine, "UPDATE stock", *orders) == [201, 409]
    assert rows(engine, "SELECT quantity FROM stock") == [(0,)]
    assert rows(engine, "SELECT count(*) FROM orders WHERE id <> 1") == [(1,)]


def test_orders_of_the_same_products_do_not_wait_crosswise(public: TestClient, engine: Engine) -> None:
    """Two orders that name the same products the other way round both go through."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO products (id, sku, name, price_cents) VALUES (2, 'FORK', 'Fork', 3900)"))
        connection.execute(text("INSERT INTO stock (product_id, quantity) VALUES (2, 2)"))
        connection.execute(text("UPDATE stock SET quantity = 2"))
    lines = [{"product_id": 1, "quantity": 1}, {"product_id": 2, "quantity": 1}]
    orders = [("/orders", {"user_id": 1, "lines": lines}), ("/orders", {"user_id": 2, "lines": lines[::-1]})]
    assert at_once(public, engine, "UPDATE stock", *orders) == [201, 201]
    assert rows(engine, "SELECT quantity FROM stock") == [(0,), (0,)]


def test_an_order_is_paid_once(public: TestClient, engine: Engine) -> None:
    """Of two payments of one order one is taken, the other is a conflict."""
    assert at_once(public, engine, "FOR UPDATE", ("/orders/1/pay", {}), ("/orders/1/pay", {})) == [200, 409]
    assert rows(engine, "SELECT status FROM orders") == [("paid",)]


def test_cancelled_or_paid_but_not_both(public: TestClient, engine: Engine) -> None:
    """A cancellation and a payment at once leave an order whose stock fits its status."""
    assert at_once(public, engine, "FOR UPDATE", ("/orders/1/pay", {}), ("/orders/1/cancel", {})) == [200, 409]
    assert rows(engine, "SELECT status, quantity FROM orders, stock") in ([("paid", 1)], [("cancelled", 2)])


def test_goods_put_back_twice_at_once_are_counted_once(public: TestClient, engine: Engine) -> None:
    """Of two cancellations one puts the goods back."""
    assert at_once(public, engine, "FOR UPDATE", ("/orders/1/cancel", {}), ("/orders/1/cancel", {})) == [200, 409]
    assert rows(engine, "SELECT quantity FROM stock") == [(2,)]
