"""Twenty more short tests, in a module of their own: a group that another shard may run."""

from __future__ import annotations

import os

import psycopg
import pytest


@pytest.mark.parametrize("number", range(20))
def test_transfer_keeps_the_sum(number: int) -> None:
    """Moves money between two accounts in a transaction that is taken back."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO entry (account, cents) VALUES (1, %s), (2, %s)", (number, -number))
        connection.execute("SELECT pg_sleep(0.02)")
        assert connection.execute("SELECT sum(cents) FROM entry").fetchone() == (200,)
        connection.rollback()
