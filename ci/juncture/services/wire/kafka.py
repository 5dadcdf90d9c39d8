"""The Kafka protocol: what a broker and a cluster are, topics and groups listed, made, emptied and deleted.

Source: https://kafka.apache.org/protocol.html; each version is the oldest that brokers since 4.0 still know, or newer.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeVar

from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Cluster", "KafkaConnection", "KafkaError"]

T = TypeVar("T")

METADATA, LIST_GROUPS, API_VERSIONS, DELETE_GROUPS = 3, 16, 18, 42
CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS = 19, 20, 21
"""Keys of requests."""

VERSIONS = {
    METADATA: 2,
    LIST_GROUPS: 0,
    API_VERSIONS: 0,
    CREATE_TOPICS: 2,
    DELETE_TOPICS: 1,
    DELETE_RECORDS: 0,
    DELETE_GROUPS: 0,
}
"""The version of each request that is spoken here."""

UNKNOWN_TOPIC, TOPIC_EXISTS, NON_EMPTY_GROUP, UNKNOWN_GROUP = 3, 36, 68, 69
"""Codes of errors that are none where something is to be gone, or to be there; a group in use is its users' own."""

WITHIN = 10_000
"""Milliseconds that a broker may take to do what it is told."""

LARGEST = 64 * 1024 * 1024

END = -1
"""In place of an offset: all that is there."""


class KafkaError(WireError):
    """The broker answered with an error; ``code`` is the protocol's."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the code beside the message."""
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class Cluster:
    """A cluster as a broker sees it: its id, the addresses that it tells clients, and each topic's partitions."""

    id: str = ""
    brokers: tuple[tuple[str, int], ...] = ()
    topics: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


class KafkaConnection:
    """One connection to a broker; use it as a context manager. ``timeout`` is the longest silence in seconds."""

    def __init__(self, host: str, port: int, *, timeout: float = 15.0) -> None:
        """Connect. Raise ``OSError`` where nothing answers."""
        self._number = 0
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()

    def versions(self) -> dict[int, tuple[int, int]]:
        """Return the versions that the broker knows of each request. Raise `KafkaError` where it is no broker."""
        answer = self._ask(API_VERSIONS, b"")
        _check(answer.int16(), "ApiVersions")
        return {
            key: (low, high)
            for key, low, high in answer.array(lambda: (answer.int16(), answer.int16(), answer.int16()))
        }

    def cluster(self) -> Cluster:
        """Return the cluster with all its topics."""
        answer = self._ask(METADATA, struct.pack("!i", -1))

        def broker() -> tuple[str, int]:
            answer.int32()
            host, port = answer.text(), answer.int32()
            answer.text()
            return host, port

        def partition() -> int:
            _, number, _ = answer.int16(), answer.int32(), answer.int32()
            for _ in range(2):
                answer.array(answer.int32)
            return number

        def topic() -> tuple[str, tuple[int, ...]]:
            _, name, _ = answer.int16(), answer.text(), answer.take(1)
            return name, tuple(answer.array(partition))

        brokers, identity, _ = tuple(answer.array(broker)), answer.text(), answer.int32()
        return Cluster(identity, brokers, dict(answer.array(topic)))

    def groups(self) -> list[str]:
        """Return the ids of the consumer groups."""
        answer = self._ask(LIST_GROUPS, b"")
        _check(answer.int16(), "ListGroups")
        return [group for group, _ in answer.array(lambda: (answer.text(), answer.text()))]

    def create(self, topic: str) -> None:
        """Make a topic with one partition, where there is none."""
        body = struct.pack("!i", 1) + _text(topic) + struct.pack("!ihii", 1, 1, 0, 0) + struct.pack("!ib", WITHIN, 0)
        answer = self._ask(CREATE_TOPICS, body)
        answer.int32()
        for name, code, _ in answer.array(lambda: (answer.text(), answer.int16(), answer.text())):
            _check(code, f"CreateTopics {name}", although=TOPIC_EXISTS)

    def delete(self, topics: Iterable[str]) -> None:
        """Delete topics; that one is gone is no error."""
        answer = self._ask(DELETE_TOPICS, _texts(topics) + struct.pack("!i", WITHIN))
        answer.int32()
        for name, code in answer.array(lambda: (answer.text(), answer.int16())):
            _check(code, f"DeleteTopics {name}", although=UNKNOWN_TOPIC)

    def clear(self, topics: Mapping[str, Iterable[int]]) -> None:
        """Delete the records of topics, each with its partitions; this broker has to lead them."""
        parts = {name: [struct.pack("!iq", number, END) for number in numbers] for name, numbers in topics.items()}
        body = b"".join(_text(name) + struct.pack("!i", len(part)) + b"".join(part) for name, part in parts.items())
        answer = self._ask(DELETE_RECORDS, struct.pack("!i", len(parts)) + body + struct.pack("!i", WITHIN))
        answer.int32()

        def partition() -> int:
            answer.take(12)
            return answer.int16()

        for name, codes in answer.array(lambda: (answer.text(), answer.array(partition))):
            for code in codes:
                _check(code, f"DeleteRecords {name}", although=UNKNOWN_TOPIC)

    def forget(self, groups: Iterable[str]) -> None:
        """Delete consumer groups, but for those that somebody is a member of."""
        answer = self._ask(DELETE_GROUPS, _texts(groups))
        answer.int32()
        for name, code in answer.array(lambda: (answer.text(), answer.int16())):
            if code != NON_EMPTY_GROUP:
                _check(code, f"DeleteGroups {name}", although=UNKNOWN_GROUP)

    def _ask(self, key: int, body: bytes) -> _Answer:
        self._number += 1
        head = struct.pack("!hhi", key, VERSIONS[key], self._number) + _text("juncture")
        self._socket.sendall(struct.pack("!i", len(head) + len(body)) + head + body)
        (size,) = struct.unpack("!i", self._read(4))
        if not 4 <= size <= LARGEST:  # noqa: PLR2004 - a number of four bytes comes first
            raise KafkaError(42, f"not a Kafka broker: it answered with {size} bytes")
        answer = _Answer(self._read(size))
        if answer.int32() != self._number:
            raise KafkaError(42, "not a Kafka broker: it answered another question")
        return answer

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            message = "the broker closed the connection"
            raise ConnectionError(message)
        return data


class _Answer:
    """The body of a response, taken from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._data):
            raise KafkaError(42, "not a Kafka broker: its answer ends too soon")
        self._at += size
        return self._data[self._at - size : self._at]

    def int16(self) -> int:
        return int(struct.unpack("!h", self.take(2))[0])

    def int32(self) -> int:
        return int(struct.unpack("!i", self.take(4))[0])

    def text(self) -> str:
        """Return a string; an empty one in place of null."""
        size = self.int16()
        return "" if size < 0 else self.take(size).decode(errors="replace")

    def array(self, one: Callable[[], T]) -> list[T]:
        return [one() for _ in range(self.int32())]


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!h", len(data)) + data


def _texts(texts: Iterable[str]) -> bytes:
    every = [_text(text) for text in texts]
    return struct.pack("!i", len(every)) + b"".join(every)


def _check(code: int, what: str, *, although: int = 0) -> None:
    if code not in (0, although):
        raise KafkaError(code, f"{what}: the broker answered with error {code}")
