"""The NATS client protocol: enough to probe a server and to ask its JetStream API.

Source: https://docs.nats.io/reference/reference-protocols/nats-protocol
"""

from __future__ import annotations

import json
import secrets
import socket
from typing import Any, Self

from juncture.services.wire import WireError

__all__ = ["NatsConnection", "NatsError"]

LONGEST_LINE = 64 * 1024
"""Bytes; a server that sends more without an end of line is none of this protocol."""

LARGEST_MESSAGE = 64 * 1024 * 1024
"""Bytes; the most that a server can be configured to let through."""

OPTIONS = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "name": "juncture"}


class NatsError(WireError):
    """The server refused; ``code`` is JetStream's ``err_code``, 0 where it was not JetStream that did."""

    def __init__(self, message: str, code: int = 0) -> None:
        """Keep the server's words and its code."""
        super().__init__(message)
        self.code = code


class NatsConnection:
    """One connection; use it as a context manager. Times out after ``timeout`` seconds of silence.

    ``info`` is what the server tells of itself.
    """

    def __init__(self, host: str, port: int, *, user: str = "", password: str = "", timeout: float = 5.0) -> None:
        """Connect, authenticate and see a PING answered. Raise ``OSError`` or `NatsError` where that fails."""
        self.info: dict[str, Any] = {}
        self._inbox = f"_INBOX.{secrets.token_hex(8)}"
        self._requests = 0
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")
        try:
            while not self.info:
                self._next()
            if self.info.get("tls_required"):
                raise NatsError("it speaks TLS alone, which juncture does not")  # noqa: TRY301 - to close the socket
            options = OPTIONS | _credentials(user, password)
            # One subscription for all replies: the inbox of each request is below it.
            words = f"CONNECT {json.dumps(options)}\r\nSUB {self._inbox}.* 1\r\nPING\r\n"
            self._socket.sendall(words.encode())
            while self._next() != "PONG":
                pass
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

    def request(self, subject: str, payload: bytes = b"") -> bytes:
        """Publish a message and return the reply to it. Raise `NatsError` where nobody is there to reply."""
        self._requests += 1
        inbox = f"{self._inbox}.{self._requests}"
        self._socket.sendall(b"PUB %s %s %d\r\n%s\r\n" % (subject.encode(), inbox.encode(), len(payload), payload))
        while True:
            event = self._next()
            if isinstance(event, tuple) and event[0] == inbox:
                _, headers, body = event
                if headers.startswith(b"NATS/1.0 503"):
                    raise NatsError(f"nobody answers {subject}")
                return body

    def _next(self) -> str | tuple[str, bytes, bytes]:
        """Return the verb of the next operation, or of a message its subject, headers and body."""
        line = self._stream.readline(LONGEST_LINE)
        if not line.endswith(b"\r\n"):
            message = "the server closed the connection"
            raise ConnectionError(message)
        verb, _, rest = line.decode(errors="replace").strip().partition(" ")
        match verb.upper():
            case "INFO":
                self.info = _parsed(rest, line)
            case "PING":
                self._socket.sendall(b"PONG\r\n")
            case "MSG" | "HMSG" as kind:
                return self._message(kind, rest.split(), line)
            case "-ERR":
                raise NatsError(rest.strip("'"))
            case "PONG" | "+OK":
                pass
            case _:
                raise _strange(line)
        return verb.upper()

    def _message(self, verb: str, words: list[str], line: bytes) -> tuple[str, bytes, bytes]:
        """Read what follows ``MSG subject sid [reply] size`` or ``HMSG subject sid [reply] headers size``."""
        count = 2 if verb == "HMSG" else 1
        sizes = [int(word) for word in words[-count:] if word.isascii() and word.isdigit()]
        if len(sizes) < count or len(words) < count + 2 or not sizes[0] <= sizes[-1] <= LARGEST_MESSAGE:
            raise _strange(line)
        size = sizes[-1]
        content = self._stream.read(size + 2)
        if len(content) < size + 2:
            message = "the server closed the connection in the middle of a message"
            raise ConnectionError(message)
        split = sizes[0] if verb == "HMSG" else 0
        return words[0], content[:split], content[split:size]


def _credentials(user: str, password: str) -> dict[str, str]:
    """Return what CONNECT says of us: a user without a password is a token, as in every client's URL."""
    if user and not password:
        return {"auth_token": user}
    return {"user": user, "pass": password} if user else {}


def _parsed(text: str, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not value:
        raise _strange(line)
    return value


def _strange(line: bytes) -> NatsError:
    return NatsError(f"not a NATS server: it answered {line[:40]!r}")
