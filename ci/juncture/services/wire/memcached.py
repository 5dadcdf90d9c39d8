"""Memcached's text protocol: enough to probe a server, to look at its settings and to empty it.

Source: https://github.com/memcached/memcached/blob/master/doc/protocol.txt
"""

from __future__ import annotations

import socket
from typing import Self

from juncture.services.wire import WireError

__all__ = ["MemcachedConnection", "MemcachedError"]

LONGEST_LINE = 64 * 1024
"""Bytes; a server that sends more without an end of line is none of this protocol."""

ERRORS = ("ERROR", "CLIENT_ERROR", "SERVER_ERROR")


class MemcachedError(WireError):
    """The server refused a command, or is no memcached."""


class MemcachedConnection:
    """One connection; use it as a context manager. Times out after ``timeout`` seconds of silence."""

    def __init__(self, host: str, port: int, *, timeout: float = 5.0) -> None:
        """Connect. Raise ``OSError`` where nothing answers."""
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")

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

    def version(self) -> str:
        """Return the server's version."""
        word, _, version = self.command("version").partition(" ")
        if word != "VERSION" or not version[:1].isdigit():
            raise MemcachedError(f"not a memcached server: it answered {word[:40]!r}")
        return version

    def stats(self, group: str = "") -> dict[str, str]:
        """Return the server's statistics, or those of a group, such as its ``settings``."""
        found = {}
        line = self.command(f"stats {group}".rstrip())
        while line != "END":
            word, name, value = (*line.split(" ", 2), "", "")[:3]
            if word != "STAT" or not name:
                raise MemcachedError(f"not a memcached server: it answered {line[:40]!r}")
            found[name] = value
            line = self._line()
        return found

    def flush(self) -> None:
        """Empty the cache, and call off what was to empty it later."""
        self._see("flush_all", "OK")

    def store(self, key: str, value: str) -> None:
        """Store a value that never expires."""
        data = value.encode()
        self._see(f"set {key} 0 0 {len(data)}\r\n{value}", "STORED")

    def fetch(self, key: str) -> str | None:
        """Return the value of a key; None where there is none."""
        line = self.command(f"get {key}")
        if line == "END":
            return None
        words = line.split()
        if len(words) < 4 or words[:2] != ["VALUE", key] or not words[3].isdigit():  # noqa: PLR2004 - flags and size too
            raise MemcachedError(f"not a memcached server: it answered {line[:40]!r}")
        size = int(words[3])
        body = self._stream.read(size + 2)
        if len(body) < size + 2 or self._line() != "END":
            message = "the server closed the connection in the middle of a reply"
            raise ConnectionError(message)
        return body[:-2].decode(errors="replace")

    def command(self, line: str) -> str:
        """Send a command and return the first line of the reply. Raise `MemcachedError` where the server refuses it."""
        self._socket.sendall(f"{line}\r\n".encode())
        return self._line()

    def _see(self, line: str, wanted: str) -> None:
        if (answer := self.command(line)) != wanted:
            raise MemcachedError(f"{line.partition(' ')[0]} was answered with {answer[:40]!r}")

    def _line(self) -> str:
        line = self._stream.readline(LONGEST_LINE)
        if not line:
            message = "the server closed the connection"
            raise ConnectionError(message)
        if not line.endswith(b"\r\n"):
            raise MemcachedError(f"not a memcached server: it answered {line[:40]!r}")
        text = line[:-2].decode(errors="replace")
        if text.partition(" ")[0] in ERRORS:
            raise MemcachedError(text)
        return text
