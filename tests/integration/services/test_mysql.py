"""Tests of ``juncture.services.mysql`` and its protocol with a real MariaDB."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from programs import needs

from juncture.errors import ProviderError, StartError
from juncture.host import keeper
from juncture.services import mysql
from juncture.services.kinds import NotReadyError
from juncture.services.mysql import SETTINGS, connect
from juncture.services.wire.mysql import MysqlConnection, MysqlError, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint
    from juncture.providers.embedded import Server

pytestmark = needs("mariadbd")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@pytest.fixture
def server(mariadb_server: Server) -> Endpoint:
    """Return the administrator's endpoint."""
    return mariadb_server.endpoint


@pytest.fixture
def connection(server: Endpoint) -> Iterator[MysqlConnection]:
    """Return a connection to no database."""
    with connect(server) as made:
        yield made


def test_settings_are_in_force(server: Endpoint, connection: MysqlConnection) -> None:
    """The fast knobs are what the server itself says of them."""
    assert {name: connection.value(f"SELECT @@GLOBAL.{name}") for name in SETTINGS} == SETTINGS
    mysql.verify(server)


def test_setting_that_somebody_changed_is_noticed(server: Endpoint, connection: MysqlConnection) -> None:
    """It is named with both values."""
    connection.query("SET GLOBAL sync_binlog = 1")
    try:
        with pytest.raises(StartError, match="sync_binlog is 1, not 0"):
            mysql.verify(server)
    finally:
        connection.query("SET GLOBAL sync_binlog = 0")


def test_probe_tells_product_and_version(server: Endpoint, connection: MysqlConnection) -> None:
    """The version is the server's own."""
    product, version = mysql.probe(server)
    assert product == "mariadb"
    assert str(connection.value("SELECT VERSION()")).startswith(f"{version}-MariaDB")


def test_probe_of_a_wrong_password_is_an_error_at_once(server: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="refuses the connection: Access denied"):
        mysql.probe(replace(server, password="wrong"))


def test_server_that_lets_in_everybody_is_none_of_ours(server: Endpoint, connection: MysqlConnection) -> None:
    """A stranger at our port may take any password; one that somebody else runs may do as it likes."""
    connection.query("CREATE USER open@'127.0.0.1'")
    try:
        with pytest.raises(StartError, match="lets in whoever comes"):
            mysql.probe(replace(server, user="open", password=""))
        assert mysql.probe(replace(server, user="open", password="", provider="external"))[0] == "mariadb"
    finally:
        connection.query("DROP USER open@'127.0.0.1'")


def test_probe_of_nothing_is_not_ready(server: Endpoint) -> None:
    """The images fill their data with a server that listens on no port."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotReadyError, match="refused"):
            mysql.probe(replace(server, port=unused.getsockname()[1]))


def test_nobody_else_can_log_in(server: Endpoint, connection: MysqlConnection) -> None:
    """One user, with a password, from this machine: what the installation makes beside it is gone or locked."""
    users = set(connection.query("SELECT User, Host FROM mysql.global_priv"))
    assert users == {("root", "127.0.0.1"), ("mariadb.sys", "localhost")}
    with pytest.raises(MysqlError, match="Access denied"):
        MysqlConnection(server.host, server.port, user="mariadb.sys", password="")


def test_user_without_rights_is_not_admitted(server: Endpoint, connection: MysqlConnection) -> None:
    """The message names the account as it has to be granted."""
    connection.query("CREATE USER poor@'%' IDENTIFIED BY 'poor'")
    poor = replace(server, user="poor", password="poor")
    try:
        with pytest.raises(ProviderError) as raised:
            mysql.admit(poor)
        assert raised.value.hint == "as an administrator: `GRANT ALL ON *.* TO 'poor'@'%'`"
        with pytest.raises(ProviderError, match="juncture_marker"):
            mysql.mark(poor)
        mysql.admit(server)
    finally:
        connection.query("DROP USER poor@'%'")


def test_marker_stays(server: Endpoint, connection: MysqlConnection) -> None:
    """It is a database without a table, and made twice without an error."""
    assert not mysql.marked(server)
    mysql.mark(server)
    mysql.mark(server)
    assert mysql.marked(server)
    connection.query("DROP DATABASE juncture_marker")


def test_activity_shows_who_holds_and_who_waits(server: Endpoint, connection: MysqlConnection) -> None:
    """An open transaction is told with its age, a statement with its beginning."""
    connection.query("CREATE DATABASE busy")
    place = mysql.at(server, "busy")
    try:
        with connect(place) as other:
            other.query("CREATE TABLE t (i INT); BEGIN; INSERT INTO t VALUES (1)")
            (line,) = mysql.activity(place, {"busy"})
            assert " is idle for 0 s" in line
            assert "with a transaction of 0 s" in line
    finally:
        connection.query("DROP DATABASE busy")


def test_long_messages_come_and_go_in_packets(connection: MysqlConnection) -> None:
    """One packet has 16 MB at most; a seed file, and a value, may be longer."""
    size = 0xFFFFFF + 5
    assert connection.value(f"SELECT LENGTH('{'x' * size}')") == str(size)
    assert connection.value(f"SELECT REPEAT('y', {size})") == "y" * size


def test_every_text_arrives_as_it_is(connection: MysqlConnection) -> None:
    """Whatever quotes, backslashes and modes there are."""
    for text in ("", "it's", "a\\", "\0\x1a\n", "größe 🚀", '"`'):
        for mode in ("", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES"):
            connection.query(f"SET sql_mode = '{mode}'")
            assert connection.value(f"SELECT {literal(text)}") == text


def test_statement_that_fails_is_the_last_one(connection: MysqlConnection) -> None:
    """Its error has the server's number and words, what stands behind it does not run, and the connection goes on."""
    with pytest.raises(MysqlError, match="doesn't exist") as raised:
        connection.query("SET @a = 1; SELECT * FROM mysql.nowhere; SET @a = 2")
    assert (raised.value.code, raised.value.state) == (1146, "42S02")
    assert connection.query("SELECT @a; SET @a = 3; SELECT @a, NULL") == [("3", None)]


@on_linux
def test_server_listens_on_loopback_alone(server: Endpoint) -> None:
    """No other address, and no Unix socket."""
    port = f"{server.port:04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    assert [row[1] for row in rows if row[1].endswith(f":{port}") and row[3] == "0A"] == [f"0100007F:{port}"]


@on_linux
@pytest.mark.skipif(os.getuid() != 0, reason="only root has to drop")
def test_server_is_not_root_and_tells_no_secret(mariadb_server: Server, shared_home: Path) -> None:
    """Every user of the machine can read a process's arguments."""
    (found,) = [each for each in keeper.running(shared_home) if each.key == mariadb_server.key]
    process = Path(f"/proc/{found.pid}")
    (uids,) = [line.split()[1:] for line in (process / "status").read_text().splitlines() if line.startswith("Uid:")]
    assert set(uids) == {"65534"}
    password = mariadb_server.endpoint.password.encode()
    assert password not in (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
