"""Tests of ``juncture.services.redis_activity`` with a server that has something to do."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from redis import Redis

from juncture.services.redis import activity, connect, url

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.model import Endpoint


def test_a_client_that_is_blocked_is_told(cache: Endpoint, until: Callable[..., None]) -> None:
    """It has its command, its name and its database; one that subscribed tells to how many channels."""
    third = replace(cache, database="3")
    with closing(Redis.from_url(url(third), client_name="waiter")) as waiter, connect(cache) as subscriber:
        subscriber.command("SUBSCRIBE", "news")
        thread = Thread(target=waiter.blpop, args=["nothing"], kwargs={"timeout": 30})
        thread.start()
        until(lambda: any("is blocked" in line for line in activity(cache)))
        lines = activity(cache)
        with connect(cache) as connection:
            connection.command("SELECT", "3")
            connection.command("RPUSH", "nothing", "it")
        thread.join()
    assert any("is blocked for" in each and each.endswith(" s, database 3, named waiter: blpop") for each in lines)
    assert any(
        "has been idle for" in each and each.endswith(" s, database 0, subscribed to 1: subscribe") for each in lines
    )


def test_slow_commands_are_told_but_not_those_of_others(cache: Endpoint) -> None:
    """The slow log does not say whose its entries are: of a shared server it is left out, as other databases are."""
    with connect(cache) as connection:
        connection.command("CONFIG", "SET", "slowlog-log-slower-than", "0")
        connection.command("SET", "slow", "x" * 500)
        connection.command("CONFIG", "SET", "slowlog-log-slower-than", "10000")
        lines = activity(cache)
        assert any(line.startswith("slow log: ") and "ms for SET slow xxx" in line for line in lines)
        assert any(line.startswith("client ") and ", database 0" in line for line in lines)
        assert activity(replace(cache, shared=True, database="7")) == []
        connection.command("SLOWLOG", "RESET")
