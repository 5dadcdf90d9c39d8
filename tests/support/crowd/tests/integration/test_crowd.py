"""Two hundred tests, fifty for each of four workers, that write for good and look whether anybody else does."""

from __future__ import annotations

import os
import secrets

import psycopg
import pytest
import redis

ME = secrets.token_hex(8)
"""Whom all that this process writes belongs to; another run, checkout or worker has another."""


@pytest.mark.parametrize("number", range(200))
def test_nobody_else_is_here(number: int) -> None:
    """Commits a row and sets keys, and sees its own and no others: what earlier tests wrote is gone."""
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as cache,
    ):
        assert cache.keys() == []
        cache.set(f"{ME}-{number}", number)
        connection.execute("INSERT INTO visit VALUES (%s, %s)", (ME, number))
        assert cache.incr("visits") == 1
        assert connection.execute("SELECT who, number FROM visit").fetchall() == [(ME, number)]
        assert sorted(cache.keys()) == sorted([f"{ME}-{number}", "visits"])
        assert cache.get(f"{ME}-{number}") == str(number)
