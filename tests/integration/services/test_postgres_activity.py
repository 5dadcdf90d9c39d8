"""Tests of ``juncture.services.postgres_activity`` with a server that has something to do."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import psycopg

from juncture.services.postgres import activity, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.model import Endpoint


def test_who_waits_for_whom_is_told(database: Endpoint, until: Callable[..., None]) -> None:
    """Of two transactions that want one lock, each has a line, and the one that waits names the other."""
    with psycopg.connect(database.url) as holder, psycopg.connect(database.url) as waiter:
        holder.execute("SELECT pg_advisory_xact_lock(4711)")
        one, other = holder.info.backend_pid, waiter.info.backend_pid
        thread = Thread(target=waiter.execute, args=["SELECT pg_advisory_xact_lock(4711),   2"])
        thread.start()
        until(lambda: f"is blocked by pid {one}" in "".join(activity(database, ())))
        lines = {line.split()[1]: line for line in activity(database, ())}
        holder.commit()
        thread.join()
    assert lines[str(one)].startswith(f"pid {one} is idle in transaction for ")
    assert lines[str(one)].endswith(": SELECT pg_advisory_xact_lock(4711)")
    assert lines[str(other)].startswith(f"pid {other} is active for ")
    assert ", waits for Lock advisory, is blocked by pid" in lines[str(other)]
    assert lines[str(other)].endswith(": SELECT pg_advisory_xact_lock(4711), 2")


def test_other_databases_are_left_out(database: Endpoint) -> None:
    """On a server that many share, a test is told of its own databases, by name where it has several."""
    with psycopg.connect(database.url, application_name="mine") as connection:
        connection.execute(f"SELECT '{'x' * 1000}'")
        assert activity(database, {"elsewhere"}) == []
        lines = [line for line in activity(database, {"elsewhere", database.database}) if "of mine" in line]
    assert len(lines) == 1
    assert f", in {database.database}, of mine: SELECT 'xxx" in lines[0]
    assert lines[0].endswith("x...")


def test_asking_leaves_no_trace(database: Endpoint) -> None:
    """The question itself is not among the answers."""
    with connect(database) as connection:
        own = connection.value("SELECT pg_backend_pid()")
        assert [line.split()[1] for line in activity(database, ()) if "juncture" in line] == [own]
