"""Twenty short tests that write to a real database and a real cache, and find both clean each time."""

from __future__ import annotations

import os

import psycopg
import pytest
import redis


@pytest.mark.parametrize("number", range(20))
def test_books_balance(number: int) -> None:
    """Books an entry in a transaction of its own, counts it in the cache, and takes it back."""
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as connection,
        redis.Redis.from_url(os.environ["REDIS_URL"]) as cache,
    ):
        assert cache.dbsize() == 0
        assert connection.execute("SELECT sum(cents) FROM entry").fetchone() == (200,)
        connection.execute("INSERT INTO entry (account, cents) VALUES (1, %s)", (number,))
        connection.execute("SELECT pg_sleep(0.02)")
        assert cache.incr("booked") == 1
        assert connection.execute("SELECT sum(cents) FROM entry").fetchone() == (200 + number,)
        connection.rollback()
