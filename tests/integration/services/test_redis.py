"""Tests of ``juncture.services.redis`` with a real server."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.host import keeper
from juncture.services.kinds import NotReadyError
from juncture.services.redis import connect, flush, probe, verify

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.providers.embedded import Server


def test_probe_tells_the_real_product(cache: Endpoint) -> None:
    """A Valkey says that it is one, whatever was declared."""
    product, version = probe(cache)
    assert product in {"redis", "valkey"}
    assert version[0].isdigit()
    assert (cache.product, cache.version) == (product, version)


def test_flush_empties_every_database_of_the_server(cache: Endpoint) -> None:
    """Keys in any index go, and a second flush of nothing is no error."""
    with connect(cache) as connection:
        for index in ("0", "3", "15"):
            connection.command("SELECT", index)
            connection.command("SET", "key", index)
    flush(cache)
    flush(cache)
    with connect(cache) as connection:
        for index in ("0", "3", "15"):
            connection.command("SELECT", index)
            assert connection.command("DBSIZE") == 0


def test_probe_of_a_wrong_password_is_an_error_at_once(cache: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="refuses the connection: WRONGPASS"):
        probe(replace(cache, password="wrong"))


def test_probe_of_another_kind_of_server_is_no_redis(cache: Endpoint, database: Endpoint) -> None:
    """A Postgres at the port closes the connection, or answers in its own words: neither is taken for a PONG."""
    with pytest.raises((StartError, NotReadyError)):
        probe(replace(cache, port=database.port))


def test_server_that_saves_is_noticed(cache: Endpoint) -> None:
    """A configuration that makes the server write dumps is told."""
    with connect(cache) as connection:
        connection.command("CONFIG", "SET", "save", "60 1")
        try:
            with pytest.raises(StartError, match="the server saves its data"):
                verify(cache)
        finally:
            connection.command("CONFIG", "SET", "save", "")
    verify(cache)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_server_is_private(redis_server: Server, shared_home: Path) -> None:
    """It listens on loopback alone, is not root, and its arguments hold no secret."""
    port = f"{redis_server.endpoint.port:04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    assert [row[1] for row in rows if row[1].endswith(f":{port}") and row[3] == "0A"] == [f"0100007F:{port}"]
    (server,) = [server for server in keeper.running(shared_home) if server.key == redis_server.key]
    assert redis_server.endpoint.password.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    owner = Path(f"/proc/{server.pid}").stat().st_uid
    assert owner == (65534 if os.getuid() == 0 else os.getuid())
