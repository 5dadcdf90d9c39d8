"""What a Redis or Valkey server is doing: for people whose test hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.services.wire.redis import RedisConnection, Reply

__all__ = ["activity"]

LONGEST = 200
"""Characters of one slow command that are shown."""

SLOWEST = 3
"""Entries of the slow log that are shown."""


def activity(connection: RedisConnection, database: str | None) -> list[str]:
    """Return a line for each other client, and the newest of the slow log.

    Of a server that is shared, ``database`` is the one to look at; the slow log does not tell whose it is.
    """
    own = str(connection.command("CLIENT", "ID"))
    rows = str(connection.command("CLIENT", "LIST")).splitlines()
    clients = (dict(word.partition("=")[::2] for word in row.split(" ")) for row in rows)
    lines = [
        _client(each) for each in clients if each.get("id") != own and (database is None or each.get("db") == database)
    ]
    slow = connection.command("SLOWLOG", "GET", str(SLOWEST)) if database is None else []
    return lines + [_slow(entry) for entry in (slow if isinstance(slow, list) else [])]


def _client(client: Mapping[str, str]) -> str:
    blocked = "b" in client.get("flags", "")
    channels = sum(int(client.get(name) or 0) for name in ("sub", "psub", "ssub"))
    parts = [
        f"client {client.get('id')} {'is blocked' if blocked else 'has been idle'} for {client.get('idle')} s",
        f"database {client.get('db')}",
        *([f"subscribed to {channels}"] if channels else []),
        *([f"named {client['name']}"] if client.get("name") else []),
    ]
    return f"{', '.join(parts)}: {client.get('cmd')}"


def _slow(entry: Reply) -> str:
    assert isinstance(entry, list)  # noqa: S101 - number, time, microseconds, words, and more
    microseconds, words = entry[2], entry[3]
    said = " ".join(map(str, words)) if isinstance(words, list) else str(words)
    return f"slow log: {int(str(microseconds)) / 1000:.1f} ms for {said[:LONGEST]}"
