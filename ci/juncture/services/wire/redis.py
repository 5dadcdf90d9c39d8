"""The Redis serialization protocol, version 2: enough to probe, flush and inspect a server.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import re
import socket
from typing import Self

from juncture.services.wire import WireError

__all__ = ["RedisConnection", "RedisError", "Reply"]

LONGEST_LINE = 64 * 1024
"""Bytes; a server that sends more without an end of line is none of this protocol."""

LARGEST, MOST, DEEPEST = 64 * 1024**2, 1_000_000, 8
"""Bytes of a text, values of a list, and lists in one another, of which no reply to a command of ours has as many."""

TLS_ALERT = b"\x15\x03"
"""How a server that only speaks TLS answers everything else: a record of the type alert."""

NUMBER = re.compile(r"-?[0-9]{1,19}")

Reply = str | int | None | list["Reply"]


class RedisError(WireError):
    """The server answered a command with an error."""


class RedisConnection:
    """One connection; use it as a context manager. Times out after ``timeout`` seconds of silence."""

    def __init__(self, host: str, port: int, *, user: str = "", password: str = "", timeout: float = 5.0) -> None:
        """Connect and authenticate, as the default user where none is named.

        Raise ``OSError`` or `RedisError` where that fails.
        """
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")
        if user or password:
            try:
                self.command("AUTH", *([user] if user else []), password)
            except RedisError as error:
                self.close()
                # A server without AUTH repeats its arguments, and so the password.
                raise RedisError(str(error).partition(", with args")[0]) from None
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()

    def command(self, *words: str) -> Reply:
        """Send one command and return its reply. Raise `RedisError` where the server refuses it."""
        encoded = [word.encode() for word in words]
        parts = [b"*%d\r\n" % len(encoded)]
        parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded]
        self._socket.sendall(b"".join(parts))
        return self._reply()

    def _reply(self, depth: int = 0) -> Reply:
        if self._stream.peek(1)[:2] == TLS_ALERT:  # readline would wait for its end, and see the connection reset
            raise RedisError("it speaks TLS alone, which juncture does not")
        line = self._stream.readline(LONGEST_LINE)
        if not line.endswith(b"\r\n"):
            message = "the server closed the connection"
            raise ConnectionError(message)
        mark, rest = line[:1], line[1:-2].decode(errors="replace")
        if mark == b"+":
            return rest
        if mark == b"-":
            raise RedisError(rest)
        if mark not in (b":", b"$", b"*") or not NUMBER.fullmatch(rest):
            raise _strange(line)
        number = int(rest)
        if mark == b":":
            return number
        if number > (LARGEST if mark == b"$" else MOST) or depth > DEEPEST:
            raise _strange(line)
        if number < 0:
            return None
        return self._bulk(number) if mark == b"$" else [self._reply(depth + 1) for _ in range(number)]

    def _bulk(self, size: int) -> str:
        body = self._stream.read(size + 2)
        if len(body) < size + 2:
            message = "the server closed the connection in the middle of a reply"
            raise ConnectionError(message)
        if not body.endswith(b"\r\n"):
            raise _strange(body[-40:])
        return body[:-2].decode(errors="replace")


def _strange(answer: bytes) -> RedisError:
    return RedisError(f"not a Redis server: it answered {answer[:40]!r}")
