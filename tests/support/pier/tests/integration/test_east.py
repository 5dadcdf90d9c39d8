"""Boats that moor in the east."""

from __future__ import annotations

import os

import psycopg
import pytest
import redis
from pier import fits


@pytest.mark.parametrize("metres", range(3, 6))
def test_moors(metres: int) -> None:
    """Books a boat in a real database, and counts it in a real cache; both were clean."""
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as connection,
        redis.Redis.from_url(os.environ["REDIS_URL"]) as cache,
    ):
        assert fits(metres, berths=1)
        connection.execute("INSERT INTO boat VALUES ('east', %s)", (metres,))
        assert connection.execute("SELECT count(*) FROM boat").fetchone() == (2,)
        connection.rollback()
        assert cache.incr(f"east {metres}") == 1
