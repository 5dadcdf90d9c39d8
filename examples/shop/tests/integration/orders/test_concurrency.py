"""Two customers at the same moment, each with a connection of their own.

Transactions that meet have to be committed; juncture takes back what they did. Order 2 of the seeds is not paid, and of
product 6 there is one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from sqlalchemy import Engine


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
    event.remove(engine, "before_cursor_execute", meet)
    return sorted(answer.status_code for answer in answers)


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Read what was committed."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_last_item_is_sold_once(public: TestClient, db_engine: Engine) -> None:
    """Of two orders for the last item one gets it, the other 409, and the stock is not below zero."""
    lines = [{"product_id": 6, "quantity": 1}]
    orders = [("/orders", {"user_id": user_id, "lines": lines}) for user_id in (1, 2)]
    assert at_once(public, db_engine, "UPDATE stock", *orders) == [201, 409]
    assert rows(db_engine, "SELECT quantity FROM stock WHERE product_id = 6") == [(0,)]
    assert rows(db_engine, "SELECT count(*) FROM order_lines WHERE product_id = 6") == [(1,)]


def test_orders_of_the_same_products_do_not_wait_crosswise(public: TestClient, db_engine: Engine) -> None:
    """Two orders that name the same products the other way round both go through."""
    lines = [{"product_id": 1, "quantity": 1}, {"product_id": 2, "quantity": 1}]
    orders = [("/orders", {"user_id": 1, "lines": lines}), ("/orders", {"user_id": 2, "lines": lines[::-1]})]
    assert at_once(public, db_engine, "UPDATE stock", *orders) == [201, 201]
    assert rows(db_engine, "SELECT quantity FROM stock WHERE product_id < 3 ORDER BY product_id") == [(18,), (13,)]


def test_an_order_is_paid_once(public: TestClient, db_engine: Engine) -> None:
    """Of two payments of one order one is taken, the other is a conflict."""
    assert at_once(public, db_engine, "FOR UPDATE", ("/orders/2/pay", {}), ("/orders/2/pay", {})) == [200, 409]
    assert rows(db_engine, "SELECT status FROM orders WHERE id = 2") == [("paid",)]


def test_cancelled_or_paid_but_not_both(public: TestClient, db_engine: Engine) -> None:
    """A cancellation and a payment at once leave an order whose stock fits its status."""
    assert at_once(public, db_engine, "FOR UPDATE", ("/orders/2/pay", {}), ("/orders/2/cancel", {})) == [200, 409]
    left = rows(db_engine, "SELECT status, quantity FROM orders, stock WHERE orders.id = 2 AND product_id = 5")
    assert left in ([("paid", 3)], [("cancelled", 4)])


def test_goods_put_back_twice_at_once_are_counted_once(public: TestClient, db_engine: Engine) -> None:
    """Of two cancellations one puts the goods back."""
    assert at_once(public, db_engine, "FOR UPDATE", ("/orders/2/cancel", {}), ("/orders/2/cancel", {})) == [200, 409]
    assert rows(db_engine, "SELECT quantity FROM stock WHERE product_id = 5") == [(4,)]
