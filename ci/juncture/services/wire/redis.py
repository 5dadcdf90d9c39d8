"""The Redis serialization protocol, version 2: enough to probe, flush and inspect a server.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import socket
from typing import Self

__all__ = ["RedisConnection", "RedisError", "Reply"]

Reply = str | int | None | list["Reply"]


class RedisError(Exception):
    """The server answered a command with an error."""


class RedisConnection:
    """One connection; use it as a context manager. Times out after ``timeout`` seconds of silence."""

    def __init__(self, host: str, port: int, *, password: str = "", timeout: float = 5.0) -> None:
        """Connect and authenticate. Raise ``OSError`` or `RedisError` where that fails."""
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")
        if password:
            try:
                self.command("AUTH", password)
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

    def _reply(self) -> Reply:
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            message = "the server closed the connection"
            raise ConnectionError(message)
        mark, rest = line[:1], line[1:-2].decode(errors="replace")
        match mark:
            case b"+":
                return rest
            case b"-":
                raise RedisError(rest)
            case b":":
                return int(rest)
            case b"$":
                return None if rest == "-1" else self._stream.read(int(rest) + 2)[:-2].decode(errors="replace")
            case b"*":
                return None if rest == "-1" else [self._reply() for _ in range(int(rest))]
            case _:
                message = f"not a Redis server: it answered {line[:40]!r}"
                raise RedisError(message)
