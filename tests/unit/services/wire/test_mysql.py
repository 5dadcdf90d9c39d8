"""Tests of ``juncture.services.wire.mysql`` against peers that misbehave; real servers are in tests/integration."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from juncture.services.wire.mysql import MysqlConnection, MysqlError, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
OK = b"\x00\x00\x00\x02\x00\x00\x00"
FAST = b"\x01\x03"
NATIVE, CACHED = b"mysql_native_password", b"caching_sha2_password"


def greeting(version: bytes = b"8.4.0", plugin: bytes = NATIVE) -> bytes:
    """Return what a server says first."""
    salt = b"01234567890123456789"
    rest = b"\x01\0\0\0" + salt[:8] + b"\0\xff\xf7\x2d\x02\0\xff\xdf\x15" + bytes(10) + salt[8:] + b"\0"
    return b"\x0a" + version + b"\0" + rest + plugin + b"\0"


class Server(Protocol):
    """Listen on a port, send a packet, and another one after each of the client's."""

    def __call__(self, *packets: bytes) -> int:
        """Return the port."""
        ...


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a function that starts a server for one connection; what is no packet's length is sent as it is."""
    with ExitStack() as stack:

        def start(*packets: bytes) -> int:
            listener = stack.enter_context(socket.create_server((HOST, 0)))

            def speak() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    for number, packet in enumerate(packets):
                        head = len(packet).to_bytes(3, "little") + bytes([2 * number % 256])
                        connection.sendall(head + packet)
                        if packet != FAST and not connection.recv(65536):
                            return

            thread = threading.Thread(target=speak)
            thread.start()
            stack.callback(thread.join)
            port: int = listener.getsockname()[1]
            return port

        yield start


def connected(port: int, *, trusted: bool = True) -> MysqlConnection:
    """Return a connection."""
    return MysqlConnection(HOST, port, user="me", password="secret", timeout=2.0, trusted=trusted)


def test_version_of_mariadb_is_its_own(server: Server) -> None:
    """It hides behind the version of a MySQL that old clients know."""
    connection = connected(server(greeting(b"5.5.5-10.11.6-MariaDB"), OK, OK))
    connection.close()
    assert connection.version == "10.11.6-MariaDB"


def test_other_plugin_is_answered(server: Server) -> None:
    """A server may greet with one authentication and want the account's own."""
    switch = b"\xfe" + CACHED + b"\0" + b"98765432109876543210\0"
    connected(server(greeting(), switch, FAST, OK, OK)).close()


def test_password_is_not_given_to_a_server_that_wants_to_read_it(server: Server) -> None:
    """One that took the port of an embedded server could ask so, with a key of its own."""
    with pytest.raises(MysqlError, match="the server wants to read the password"):
        connected(server(greeting(plugin=CACHED), b"\x01\x04"), trusted=False)


@pytest.mark.parametrize("plugin", [b"sha256_password", b"dialog", b"mysql_clear_password"])
def test_authentication_that_is_not_spoken_is_named(server: Server, plugin: bytes) -> None:
    """The message says which one it is."""
    with pytest.raises(MysqlError, match=f"not supported .{plugin.decode()}"):
        connected(server(greeting(plugin=plugin)))


def test_refusal_before_the_greeting_is_the_servers_own_words(server: Server) -> None:
    """One with too many connections says so at once, without an SQLSTATE."""
    with pytest.raises(MysqlError, match="Too many connections") as raised:
        connected(server(b"\xff\x10\x04Too many connections"))
    assert raised.value.code == 1040


@pytest.mark.parametrize(
    "packet",
    [b"\x09old", b"\x0a8.4\0short", b"SSH-2.0-OpenSSH", b"", b"x" * 5000],
    ids=["9", "short", "ssh", "0", "long"],
)
def test_other_protocol_is_told(server: Server, packet: bytes) -> None:
    """Neither a server of another kind nor one that is too old is taken for one."""
    with pytest.raises(MysqlError, match="not a MySQL server: it answered b"):
        connected(server(packet))


def test_closed_connection_is_no_answer(server: Server) -> None:
    """What was cut short is an error."""
    with pytest.raises(ConnectionError, match="closed the connection"):
        connected(server(greeting()))


def test_result_reads_every_length() -> None:
    """Short and long values, none, and the status that another result follows."""
    column = b"\x03def\0\0\0\x01a\0\x0c\x2d\0\x01\0\0\0\xfd\0\0\0\0\0"
    packets = [b"\x02", column, column, b"\xfe\0\0\x02\0", b"\x01a\xfb", b"\xfc\x2c\x01" + b"x" * 300 + b"\0"]
    stream = b"".join(
        len(packet).to_bytes(3, "little") + bytes([number + 1]) + packet
        for number, packet in enumerate([*packets, b"\xfe\0\0\x02\0"])
    )
    with socket.create_server((HOST, 0)) as listener:

        def speak() -> None:
            peer, _ = listener.accept()
            with peer:
                for packet in (greeting(), OK, OK):
                    peer.sendall(len(packet).to_bytes(3, "little") + b"\0" + packet)
                    peer.recv(65536)
                peer.sendall(stream)
                peer.recv(65536)

        thread = threading.Thread(target=speak)
        thread.start()
        with connected(listener.getsockname()[1]) as connection:
            assert connection.query("SELECT a, b") == [("a", None), ("x" * 300, "")]
        thread.join()


def test_text_needs_no_escape() -> None:
    """What a quote or a backslash means depends on the server's modes; digits do not."""
    assert literal("it's \\ ä") == "_utf8mb4 0x69742773205c20c3a4"
    assert literal("") == "''"
    assert identifier("a`b") == "`a``b`"
