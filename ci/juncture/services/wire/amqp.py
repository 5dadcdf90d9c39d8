"""AMQP 0-9-1: the handshake up to an open virtual host, and goodbye.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.2.4, 2.3.5 and 4.2
"""

from __future__ import annotations

import socket
import struct
from typing import Self

from juncture.services.wire import WireError

__all__ = ["AmqpConnection", "AmqpError"]

GREETING = b"AMQP\x00\x00\x09\x01"

METHOD, HEARTBEAT, END = 1, 8, 0xCE
"""Two types of frames, and the octet that ends each."""

START, START_OK, TUNE, TUNE_OK = (10, 10), (10, 11), (10, 30), (10, 31)
OPEN, OPEN_OK, CLOSE, CLOSE_OK = (10, 40), (10, 41), (10, 50), (10, 51)

LARGEST_FRAME = 1 << 20
"""Bytes: before anything is agreed, a server may send 4,096; RabbitMQ's own default is 131,072."""


class AmqpError(WireError):
    """The server closed the connection, and said why; ``code`` is its reply code."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the code beside the message."""
        self.code = code
        super().__init__(message)


class AmqpConnection:
    """One connection to a virtual host; use it as a context manager. ``server`` has the server's properties."""

    def __init__(  # noqa: PLR0913 - a connection has this many parts, in every library
        self, host: str, port: int, *, user: str, password: str, vhost: str, timeout: float = 5.0
    ) -> None:
        """Connect, authenticate and open the virtual host; ``timeout`` is the longest silence in seconds.

        Raise ``OSError`` where nothing answers, or the server hangs up, and `AmqpError` where it says no.
        """
        self.server: dict[str, str] = {}
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")
        try:
            self._open(user, password, vhost)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye and close."""
        try:
            self._send(CLOSE, struct.pack("!H", 200) + _short("") + bytes(4))
            while self._receive()[0] != CLOSE_OK:
                pass
        except (OSError, AmqpError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()
        self._socket.close()

    def _open(self, user: str, password: str, vhost: str) -> None:
        self._socket.sendall(GREETING)
        start = self._expect(START)
        self.server = _strings(start[2:])
        # Without this capability a server that refuses the password just hangs up.
        capabilities = _short("capabilities") + b"F" + _long(_short("authentication_failure_close") + b"t\x01")
        properties = _short("product") + b"S" + _long(b"juncture") + capabilities
        plain = _long(f"\0{user}\0{password}".encode())
        self._send(START_OK, _long(properties) + _short("PLAIN") + plain + _short("en_US"))
        tune = self._expect(TUNE)
        self._send(TUNE_OK, tune[:6] + bytes(2))  # its own limits, and no heartbeats: it is a short visit
        self._send(OPEN, _short(vhost) + _short("") + b"\0")
        self._expect(OPEN_OK)

    def _expect(self, wanted: tuple[int, int]) -> bytes:
        method, arguments = self._receive()
        if method != wanted:
            raise AmqpError(503, f"not an AMQP 0-9-1 server: it sent {method} where {wanted} is due")
        return arguments

    def _receive(self) -> tuple[tuple[int, int], bytes]:
        """Return the next method and its arguments; raise `AmqpError` where it closes the connection."""
        while True:
            head = self._read(7)
            kind, _, size = struct.unpack("!BHI", head)
            if head[:4] == b"AMQP" or kind not in (METHOD, HEARTBEAT) or size > LARGEST_FRAME:
                raise AmqpError(501, f"not an AMQP 0-9-1 server: it answered {head!r}")
            body = self._read(size + 1)
            if body[-1] != END:
                raise AmqpError(501, "not an AMQP 0-9-1 server: a frame has no end")
            if kind == METHOD:
                break
        method = struct.unpack("!HH", body[:4])
        if method == CLOSE:
            (code,) = struct.unpack("!H", body[4:6])
            raise AmqpError(code, body[7 : 7 + body[6]].decode(errors="replace"))
        return method, body[4:-1]

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            message = "the server closed the connection"
            raise ConnectionError(message)
        return data

    def _send(self, method: tuple[int, int], arguments: bytes) -> None:
        body = struct.pack("!HH", *method) + arguments
        self._socket.sendall(struct.pack("!BHI", METHOD, 0, len(body)) + body + bytes([END]))


def _short(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


def _long(data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + data


def _strings(table: bytes) -> dict[str, str]:
    """Return the long strings of a table: product, version and the like; what is none, but for tables, ends it."""
    (size,) = struct.unpack("!I", table[:4])
    found, at, end = dict[str, str](), 4, 4 + size
    while at < end:
        name = table[at + 1 : at + 1 + table[at]].decode(errors="replace")
        at += 1 + table[at]
        kind, (length,) = table[at : at + 1], struct.unpack("!I", table[at + 1 : at + 5])
        if kind not in (b"S", b"F"):
            break
        if kind == b"S":
            found[name] = table[at + 5 : at + 5 + length].decode(errors="replace")
        at += 5 + length
    return found
