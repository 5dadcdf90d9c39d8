"""Tests of ``juncture.services.wire.redis`` against a real server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.services.redis import connect
from juncture.services.wire.redis import RedisConnection, RedisError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint


@pytest.fixture
def connection(cache: Endpoint) -> Iterator[RedisConnection]:
    """Return a connection to an empty server."""
    with connect(cache) as made:
        made.command("FLUSHALL")
        yield made


def test_replies_of_every_form(connection: RedisConnection) -> None:
    """Status, number, text, nothing, and lists of them."""
    assert connection.command("SET", "key", "größer\r\n店") == "OK"
    assert connection.command("GET", "key") == "größer\r\n店"
    assert connection.command("GET", "no key") is None
    assert connection.command("RPUSH", "list", "a", "", "c") == 3
    assert connection.command("LRANGE", "list", "0", "-1") == ["a", "", "c"]
    assert connection.command("MGET", "key", "no key") == ["größer\r\n店", None]
    assert connection.command("KEYS", "none*") == []


def test_big_values_arrive_whole(connection: RedisConnection) -> None:
    """A value of megabytes, and a list of many."""
    connection.command("SET", "big", "x" * 5_000_000)
    assert connection.command("GET", "big") == "x" * 5_000_000
    connection.command("RPUSH", "many", *map(str, range(20000)))
    assert connection.command("LRANGE", "many", "0", "-1") == [str(number) for number in range(20000)]


def test_error_is_raised_and_the_connection_goes_on(connection: RedisConnection) -> None:
    """The server's words are the error's."""
    connection.command("SET", "text", "a")
    with pytest.raises(RedisError, match="WRONGTYPE"):
        connection.command("LPUSH", "text", "b")
    assert connection.command("PING") == "PONG"


def test_password_is_needed(cache: Endpoint) -> None:
    """A server on loopback wants its password all the same."""
    with pytest.raises(RedisError, match="WRONGPASS"):
        connect(replace(cache, password="wrong"))
    with connect(replace(cache, password="")) as anonymous, pytest.raises(RedisError, match="NOAUTH"):
        anonymous.command("PING")


def test_connection_that_the_server_ends_is_told(connection: RedisConnection, cache: Endpoint) -> None:
    """A client that is killed by the server sees a lost connection, not a reply."""
    number = connection.command("CLIENT", "ID")
    with connect(cache) as other:
        other.command("CLIENT", "KILL", "ID", str(number))
    with pytest.raises(ConnectionError):
        connection.command("PING")
