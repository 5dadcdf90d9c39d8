"""MQTT 3.1.1: enough to probe a broker, to read what it keeps, and to take that away.

Source: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""

from __future__ import annotations

import socket
import struct
import time
from typing import Self

from juncture.services.wire import WireError

__all__ = ["Message", "MqttConnection", "MqttError"]

Message = tuple[str, bytes, bool]
"""Topic, content, and whether the broker had kept it for whoever subscribes."""

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
"""The types of packets, which are the first four bits of each."""

RETAIN, QOS, FAILED = 1, 6, 128

LONGEST = 4
"""Bytes that the length of a packet may take."""

DRAINED_WITHIN = 10.0
"""Seconds after which what a broker still sends is left alone: others may publish without end."""

REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "the client's id is refused",
    3: "it is unavailable",
    4: "bad user name or password",
    5: "not authorized",
}


class MqttError(WireError):
    """The broker refused; ``code`` is why, in the protocol's numbers, 0 where it has none for it."""

    def __init__(self, message: str, code: int = 0) -> None:
        """Keep the number beside the message."""
        super().__init__(message)
        self.code = code


class MqttConnection:
    """One connection; use it as a context manager. Times out after ``timeout`` seconds of silence.

    ``resumed`` says that the broker still had the session of that ``client``; with ``clean`` it drops it.
    """

    def __init__(  # noqa: PLR0913 - what a client says of itself
        self,
        host: str,
        port: int,
        *,
        client: str,
        user: str = "",
        password: str = "",
        clean: bool = True,
        timeout: float = 5.0,
    ) -> None:
        """Connect. Raise ``OSError`` where nothing answers, `MqttError` where the broker refuses."""
        self._number = 0
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a second packet waits 40 ms
        self._stream = self._socket.makefile("rb")
        try:
            self._send(CONNECT, 0, _greeting(client, user, password, clean=clean))
            kind, _, body = self._receive()
            if kind != CONNACK or len(body) < 2:  # noqa: PLR2004 - flags and a code
                raise _strange(kind, body)  # noqa: TRY301 - to close the connection
            if body[1]:
                raise MqttError(REFUSALS.get(body[1], f"refused with {body[1]}"), body[1])  # noqa: TRY301
            self.resumed = bool(body[0] & 1)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye, and see that the broker took note: it closes the connection then."""
        try:
            self._send(DISCONNECT, 0, b"")
            while self._stream.read(4096):
                pass
        except OSError:
            pass
        finally:
            self._close()

    def publish(self, topic: str, content: bytes = b"", *, retain: bool = False) -> None:
        """Publish a message, at most once; one that is retained and has no content removes what is kept."""
        self._send(PUBLISH, RETAIN if retain else 0, _text(topic) + content)

    def subscribe(self, topics: str, *, at_least_once: bool = False, kept: bool = False) -> list[Message]:
        """Subscribe to topics, and return what the broker sends at once. Raise `MqttError` where that is refused.

        ``kept`` asks for what it had kept alone, and not for what others publish meanwhile.
        """
        self._number += 1
        self._send(SUBSCRIBE, 2, struct.pack("!H", self._number) + _text(topics) + bytes([at_least_once]))
        found: list[Message] = []
        while True:
            kind, flags, body = self._receive()
            if kind == SUBACK:
                break
            found += self._taken(kind, flags, body, kept=kept)
        if body[2:3] == bytes([FAILED]):
            raise MqttError(f"to subscribe to {topics} is refused")
        return found + self.waiting(kept=kept)

    def waiting(self, *, kept: bool = False) -> list[Message]:
        """Return what the broker has for this client, once it has seen all that was sent to it until now.

        It sends a few at a time and waits for those to be acknowledged: it has no more when it sends none. Where it
        always has more, what came within `DRAINED_WITHIN` seconds is returned; ``kept`` is what `subscribe` says.
        """
        found: list[Message] = []
        deadline = time.monotonic() + DRAINED_WITHIN
        while True:
            before = len(found)
            self._send(PINGREQ, 0, b"")
            while True:
                kind, flags, body = self._receive()
                if kind == PINGRESP:
                    break
                found += self._taken(kind, flags, body, kept=kept)
            if len(found) == before or time.monotonic() > deadline:
                return found

    def _taken(self, kind: int, flags: int, body: bytes, *, kept: bool) -> list[Message]:
        """Return the message of a packet, acknowledged where that is wanted; nothing of what is not asked for."""
        if kind != PUBLISH:
            return []
        if len(body) < 2:  # noqa: PLR2004 - the length of the topic
            raise _strange(kind, body)
        end = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:end].decode(errors="replace")
        if flags & QOS:
            self._send(PUBACK, 0, body[end : end + 2])
            end += 2
        return [] if kept and not flags & RETAIN else [(topic, body[end:], bool(flags & RETAIN))]

    def _close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        self._socket.sendall(bytes([kind << 4 | flags]) + _length(len(body)) + body)

    def _receive(self) -> tuple[int, int, bytes]:
        first = self._read(1)[0]
        size = 0
        for place in range(LONGEST):
            digit = self._read(1)[0]
            size |= (digit & 127) << 7 * place
            if digit < 128:  # noqa: PLR2004 - the first bit says that another follows
                return first >> 4, first & 15, self._read(size)
        raise _strange(first >> 4, b"")

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            message = "the broker closed the connection"
            raise ConnectionError(message)
        return data


def _greeting(client: str, user: str, password: str, *, clean: bool) -> bytes:
    flags = 2 * clean | 128 * bool(user) | 64 * bool(user and password)
    words = [client, *([user] if user else []), *([password] if user and password else [])]
    return _text("MQTT") + bytes([4, flags, 0, 0]) + b"".join(map(_text, words))


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def _length(size: int) -> bytes:
    digits = bytearray()
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | (128 if size else 0))
        if not size:
            return bytes(digits)


def _strange(kind: int, body: bytes) -> MqttError:
    return MqttError(f"not an MQTT broker: it answered with a packet of type {kind}, {body[:20]!r}")
