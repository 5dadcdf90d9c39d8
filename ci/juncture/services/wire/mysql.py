"""The MySQL client/server protocol 4.1: connecting, and text queries; MariaDB speaks it too. No TLS, no compression.

Source: https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html
"""

from __future__ import annotations

import socket
import struct
from typing import Self

from juncture.services.wire import WireError
from juncture.services.wire.mysql_auth import cached_scramble, encrypted, native_scramble

__all__ = ["MysqlConnection", "MysqlError", "Row", "identifier", "literal"]

Row = tuple[str | None, ...]

CAPABILITIES = (
    0x1  # CLIENT_LONG_PASSWORD
    | 0x4  # CLIENT_LONG_FLAG
    | 0x8  # CLIENT_CONNECT_WITH_DB
    | 0x200  # CLIENT_PROTOCOL_41
    | 0x2000  # CLIENT_TRANSACTIONS
    | 0x8000  # CLIENT_SECURE_CONNECTION
    | 0x10000  # CLIENT_MULTI_STATEMENTS
    | 0x20000  # CLIENT_MULTI_RESULTS
    | 0x80000  # CLIENT_PLUGIN_AUTH
)
UTF8MB4 = 45
"""The number of utf8mb4_general_ci, which every server since 5.5 has."""

LONGEST = 0xFFFFFF
"""Bytes of one packet; a longer message goes on in the next."""

LONGEST_GREETING = 4096
"""Bytes: a server says little before it knows who connects."""

MORE_RESULTS = 0x8
"""The status flag of a result that another one follows."""

NULL, OK, MORE, SWITCH, ERROR = 0xFB, 0x00, 0x01, 0xFE, 0xFF
"""First bytes: of a value that is none, and of the packets that end or steer an exchange; SWITCH is end of rows too."""

FULL, FAST, PUBLIC_KEY = b"\x04", b"\x03", b"\x02"
"""What a server that uses caching_sha2_password asks for or is content with, and what it is then asked for."""

SHORTEST_ROWS = 9
"""Bytes: a packet that begins with 0xFE and is shorter ends the rows; a longer one has a value of 16 MB."""


class MysqlError(WireError):
    """The server answered with an error; ``code`` is its number, ``state`` its SQLSTATE."""

    def __init__(self, code: int, state: str, message: str) -> None:
        """Keep number and SQLSTATE beside the message."""
        self.code = code
        self.state = state
        super().__init__(message)


def identifier(name: str) -> str:
    """Return ``name`` quoted as an SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Return ``text`` as an SQL string, in digits: what a backslash means depends on the server's settings."""
    return f"_utf8mb4 0x{text.encode(errors='surrogateescape').hex()}" if text else "''"


class MysqlConnection:
    """One connection, each statement in a transaction of its own unless it begins one; use it as a context manager.

    ``version`` is what the server says of itself. ``affected`` is how many rows the last query changed.
    """

    def __init__(  # noqa: PLR0913 - a connection has this many parts, in every library
        self,
        host: str,
        port: int,
        *,
        user: str,
        password: str,
        database: str = "",
        timeout: float = 5.0,
        trusted: bool = True,
    ) -> None:
        """Connect and authenticate; ``timeout`` is the longest silence in seconds.

        One that is not ``trusted`` gets the password in no form that it could read: some servers want it encrypted with
        a key of their own. Raise ``OSError`` where nothing answers, `MysqlError` where the server refuses.
        """
        self.version = ""
        self.affected = 0
        self._sequence = 0
        self._ready = False
        self._password = password.encode()
        self._trusted = trusted
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        try:
            self._start(user, database)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye and close."""
        try:
            self._sequence = 0
            self._send(b"\x01")
        except OSError:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()
        self._socket.close()

    def patience(self, seconds: float) -> None:
        """Set the longest silence that a query may keep."""
        self._socket.settimeout(seconds)

    def query(self, sql: str) -> list[Row]:
        """Run one or more statements and return the rows of the last that had any.

        Values are the server's text form, None for NULL. Raise `MysqlError` with the server's words: what stands behind
        a statement that fails does not run.
        """
        self._sequence = 0
        self._send(b"\x03" + sql.encode(errors="surrogateescape"))
        rows: list[Row] = []
        while True:
            found, status = self._result()
            rows = rows if found is None else found
            if not status & MORE_RESULTS:
                return rows

    def value(self, sql: str) -> str | None:
        """Return the first column of the first row, or None where there is none."""
        rows = self.query(sql)
        return rows[0][0] if rows else None

    def _start(self, user: str, database: str) -> None:
        greeting = self._receive()
        if greeting[0] == ERROR:
            raise _error(greeting, numbered_only=True)
        if greeting[0] != 10:  # noqa: PLR2004 - the protocol's version
            raise _strange(greeting)
        version, _, rest = greeting[1:].partition(b"\0")
        self.version = version.decode(errors="replace").removeprefix("5.5.5-")  # MariaDB hides behind that from 2012
        if len(rest) < 31:  # noqa: PLR2004 - thread, salt, flags and the rest of the salt
            raise _strange(greeting)
        salt, plugin = rest[4:12] + rest[31:43], rest[44:].partition(b"\0")[0]
        answer = self._answer(plugin, salt)
        flags = CAPABILITIES if database else CAPABILITIES & ~0x8
        words = [user.encode() + b"\0", bytes([len(answer)]) + answer]
        words += [database.encode() + b"\0"] if database else []
        self._send(struct.pack("<IIB23x", flags, LONGEST, UTF8MB4) + b"".join(words) + plugin + b"\0")
        self._authenticate(plugin, salt)
        self._ready = True
        self.query("SET NAMES utf8mb4")

    def _authenticate(self, plugin: bytes, salt: bytes) -> None:
        while True:
            packet = self._receive()
            kind, rest = packet[0], packet[1:]
            if kind == OK:
                return
            if kind == ERROR:
                raise _error(packet)
            if kind == SWITCH:
                plugin, _, more = rest.partition(b"\0")
                salt = more.removesuffix(b"\0")
                self._send(self._answer(plugin, salt))
            elif kind == MORE and rest == FULL:
                if not self._trusted:
                    raise _refused("the server wants to read the password, and a server of ours never does")
                self._send(PUBLIC_KEY)
            elif kind == MORE and rest.startswith(b"-----BEGIN"):
                self._send(encrypted(self._password, salt, rest))
            elif kind != MORE or rest != FAST:
                raise _strange(packet)

    def _answer(self, plugin: bytes, salt: bytes) -> bytes:
        match plugin:
            case b"mysql_native_password" | b"":
                return native_scramble(self._password, salt)
            case b"caching_sha2_password":
                return cached_scramble(self._password, salt)
            case _:
                name = plugin.decode(errors="replace")
                raise _refused(f"the server wants an authentication that is not supported ({name})")

    def _result(self) -> tuple[list[Row] | None, int]:
        """Return the rows of one statement, None where it has none, and the server's status."""
        packet = self._receive()
        if packet[0] == ERROR:
            raise _error(packet)
        if packet[0] == NULL:
            self._send(b"")  # LOAD DATA LOCAL: there is nothing to load
            return self._result()
        if packet[0] == OK:
            self.affected, at = _number(packet, 1)
            _, at = _number(packet, at)
            return None, int.from_bytes(packet[at : at + 2], "little")
        columns, _ = _number(packet, 0)
        for _ in range(columns + 1):  # their descriptions, and the packet that ends them
            self._receive()
        rows: list[Row] = []
        while True:
            packet = self._receive()
            if packet[0] == SWITCH and len(packet) < SHORTEST_ROWS:
                return rows, int.from_bytes(packet[3:5], "little")
            if packet[0] == ERROR:
                raise _error(packet)
            rows.append(_row(packet, columns))

    def _send(self, body: bytes) -> None:
        while True:
            part, body = body[:LONGEST], body[LONGEST:]
            self._socket.sendall(struct.pack("<I", len(part))[:3] + bytes([self._sequence]) + part)
            self._sequence = (self._sequence + 1) % 256
            if len(part) < LONGEST:
                return

    def _receive(self) -> bytes:
        whole = b""
        while True:
            head = self._stream.read(4)
            if len(head) < 4:  # noqa: PLR2004 - a length of three bytes, and the number of the packet
                raise ConnectionError("the server closed the connection")
            length = int.from_bytes(head[:3], "little")
            if not self._ready and length > LONGEST_GREETING:
                raise _strange(head)
            body = self._stream.read(length)
            if len(body) < length:
                raise ConnectionError("the server closed the connection in the middle of a message")
            self._sequence = (head[3] + 1) % 256
            whole += body
            if length < LONGEST:
                break
        if not whole:
            raise _strange(head)
        return whole


def _number(packet: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    first = packet[at]
    if first < NULL:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(packet[at + 1 : at + 1 + size], "little"), at + 1 + size


def _row(packet: bytes, columns: int) -> Row:
    values: list[str | None] = []
    at = 0
    for _ in range(columns):
        if packet[at] == NULL:
            values.append(None)
            at += 1
            continue
        length, at = _number(packet, at)
        values.append(packet[at : at + length].decode(errors="surrogateescape"))
        at += length
    return tuple(values)


def _error(packet: bytes, *, numbered_only: bool = False) -> MysqlError:
    code = int.from_bytes(packet[1:3], "little")
    state, text = ("", packet[3:]) if numbered_only or packet[3:4] != b"#" else (packet[4:9].decode(), packet[9:])
    return MysqlError(code, state, text.decode(errors="replace"))


def _strange(packet: bytes) -> MysqlError:
    return MysqlError(2027, "HY000", f"not a MySQL server: it answered {packet[:8]!r}")


def _refused(message: str) -> MysqlError:
    return MysqlError(2059, "HY000", message)
