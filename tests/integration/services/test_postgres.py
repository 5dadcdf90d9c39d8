"""Tests of ``juncture.services.postgres`` with a real server."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.host import keeper
from juncture.services import postgres
from juncture.services.kinds import NotReadyError
from juncture.services.postgres import SETTINGS, at, connect, probe, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint
    from juncture.providers.embedded import Server

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@pytest.fixture
def silent() -> Iterator[int]:
    """Return a port where somebody accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_settings_are_in_force(database: Endpoint) -> None:
    """The fast knobs are what the server itself says of them."""
    with connect(database) as connection:
        shown = {name: connection.value(f"SHOW {name}") for name in SETTINGS}
    assert shown == SETTINGS
    verify(database)


def test_setting_that_somebody_changed_is_noticed(database: Endpoint) -> None:
    """What a file slipped in is named with both values."""
    with connect(database) as connection:
        connection.query("CREATE DATABASE slow")
        connection.query("ALTER DATABASE slow SET synchronous_commit = on")
        try:
            with pytest.raises(StartError, match="synchronous_commit is on, not off") as raised:
                verify(at(database, "slow"))
            assert raised.value.where == "service postgres"
        finally:
            connection.query("DROP DATABASE slow WITH (FORCE)")


def test_probe_tells_product_and_version(database: Endpoint) -> None:
    """The version is the server's own."""
    product, version = probe(database)
    with connect(database) as connection:
        assert (product, version) == ("postgres", str(connection.value("SHOW server_version")).split()[0])


def test_probe_of_a_wrong_password_is_an_error_at_once(database: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="refuses the connection: password authentication failed"):
        probe(replace(database, password="wrong"))


def test_probe_of_nothing_is_not_ready(database: Endpoint) -> None:
    """A port where nobody listens may have a server in a moment."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotReadyError, match="refused"):
            probe(replace(database, port=unused.getsockname()[1]))


@pytest.mark.parametrize("who", ["silent", "cache"])
def test_probe_of_silence_is_not_ready(
    database: Endpoint, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, who: str
) -> None:
    """Who accepts and says nothing, as a Redis that waits for the end of a line does, does not hang the probe."""
    silent = request.getfixturevalue(who)
    quick = postgres.connect
    monkeypatch.setattr(postgres, "connect", lambda endpoint: quick(endpoint, timeout=0.2))
    with pytest.raises(NotReadyError, match="timed out"):
        probe(replace(database, port=silent if isinstance(silent, int) else silent.port))


@on_linux
def test_server_listens_on_loopback_alone(postgres_server: Server) -> None:
    """No other address, no IPv6, no Unix socket: nobody outside this machine reaches it."""
    port = f"{postgres_server.endpoint.port:04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    assert [row[1] for row in rows if row[1].endswith(f":{port}") and row[3] == "0A"] == [f"0100007F:{port}"]
    with connect(postgres_server.endpoint) as connection:
        assert connection.value("SHOW unix_socket_directories") == ""


@on_linux
@pytest.mark.skipif(os.getuid() != 0, reason="only root has to drop")
def test_server_is_not_root(postgres_server: Server, shared_home: Path) -> None:
    """Root's Postgres runs as nobody, and so do its own children."""
    (server,) = [server for server in keeper.running(shared_home) if server.key == postgres_server.key]
    status = Path(f"/proc/{server.pid}/status").read_text()
    (uids,) = [line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")]
    assert set(uids) == {"65534"}


@on_linux
def test_arguments_and_environment_hold_no_secret(postgres_server: Server, shared_home: Path) -> None:
    """Every user of the machine can read a process's arguments."""
    (server,) = [server for server in keeper.running(shared_home) if server.key == postgres_server.key]
    password = postgres_server.endpoint.password.encode()
    assert password not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    assert password not in Path(f"/proc/{server.pid}/environ").read_bytes()


def test_shared_memory_is_in_the_data_folder(database: Endpoint) -> None:
    """A server that is killed leaves no segment in /dev/shm, where nobody would ever find it."""
    with connect(database) as connection:
        assert connection.value("SHOW dynamic_shared_memory_type") == "mmap"


def test_statements_are_counted(database: Endpoint) -> None:
    """The extension is there for who wants to know what ran."""
    with connect(database) as connection:
        assert "pg_stat_statements" in str(connection.value("SHOW shared_preload_libraries"))
