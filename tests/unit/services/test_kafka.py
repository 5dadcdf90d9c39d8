"""Tests of ``juncture.services.kafka`` with a broker that answers as the protocol's documentation says: none runs here.

What is read of a broker is checked once more against the mock cluster of librdkafka, which others wrote.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer

from juncture.errors import StartError
from juncture.services import kafka
from juncture.services.kinds import NotReadyError
from juncture.services.wire.kafka import VERSIONS, KafkaConnection, KafkaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint

KNOWN = {key: (0, version) for key, version in VERSIONS.items()}


def text(value: str) -> bytes:
    """Return a string of the protocol."""
    return struct.pack("!h", len(value)) + value.encode()


def array(*parts: bytes) -> bytes:
    """Return an array of the protocol."""
    return struct.pack("!i", len(parts)) + b"".join(parts)


@dataclass
class Broker:
    """A broker that holds topics and groups, in the few requests that juncture makes."""

    port: int = 0
    known: dict[int, tuple[int, int]] = field(default_factory=lambda: dict(KNOWN))
    cluster: str = "cluster"
    alone: bool = False
    topics: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    cleared: list[str] = field(default_factory=list)

    def answer(self, key: int, body: bytes) -> bytes:
        """Return the body of a response; see the tables of the protocol's documentation."""
        names = list(self._names(body)) if key in (20, 42) else []
        match key:
            case 18:
                rows = [struct.pack("!hhh", each, low, high) for each, (low, high) in self.known.items()]
                return struct.pack("!h", 0) + array(*rows)
            case 3:
                broker = struct.pack("!i", 1) + text("127.0.0.1") + struct.pack("!ih", self.port, -1)
                part = struct.pack("!hii", 0, 0, 1) + array(b"\0\0\0\1") * 2
                topics = [
                    struct.pack("!h", 0) + text(name) + b"\0" + array(*[part] * n) for name, n in self.topics.items()
                ]
                brokers = array() if self.alone else array(broker)
                return brokers + text(self.cluster) + struct.pack("!i", 1) + array(*topics)
            case 16:
                return struct.pack("!h", 0) + array(*(text(name) + text("consumer") for name in self.groups))
            case 20:
                codes = {name: 0 if self.topics.pop(name, None) else 3 for name in names}
            case 42:
                codes = {name: 68 if self.groups.get(name) else 0 for name in names}
                self.groups = {name: count for name, count in self.groups.items() if codes.get(name) != 0}
            case _:
                self.cleared += [name for name in self.topics if text(name) in body]
                rows = [text(name) + array(struct.pack("!iqh", 0, 0, 0)) for name in self.cleared]
                return struct.pack("!i", 0) + array(*rows)
        return struct.pack("!i", 0) + array(*(text(name) + struct.pack("!h", code) for name, code in codes.items()))

    @staticmethod
    def _names(body: bytes) -> Iterator[str]:
        at = 4
        for _ in range(struct.unpack("!i", body[:4])[0]):
            size = struct.unpack("!h", body[at : at + 2])[0]
            yield body[at + 2 : at + 2 + size].decode()
            at += 2 + size


@pytest.fixture
def broker() -> Iterator[Broker]:
    """Return a running broker."""
    made = Broker()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        made.port = listener.getsockname()[1]

        def serve() -> None:
            with suppress(OSError, struct.error):
                while True:
                    connection, _ = listener.accept()
                    with connection, connection.makefile("rb") as stream, suppress(struct.error):
                        while True:
                            (size,) = struct.unpack("!i", stream.read(4))
                            request = stream.read(size)
                            key, _, number, client = struct.unpack("!hhih", request[:10])
                            body = made.answer(key, request[10 + client :])
                            connection.sendall(struct.pack("!ii", len(body) + 4, number) + body)

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(lambda: listener.shutdown(socket.SHUT_RDWR))
        yield made


@pytest.fixture
def events(endpoint: Endpoint, broker: Broker) -> Endpoint:
    """Return the endpoint of a worker's prefix on that broker."""
    server = replace(endpoint, kind="kafka", provider="external", version="4.1.0", port=broker.port)
    return kafka.at(server, 3)


def test_broker_has_to_be_in_a_cluster(events: Endpoint, broker: Broker) -> None:
    """It answers before it has registered, with no broker that a client could go to."""
    broker.alone = True
    with pytest.raises(NotReadyError, match="in no cluster yet"):
        kafka.probe(events)
    broker.alone = False
    assert kafka.probe(events) == ("kafka", "4.1.0")


def test_cluster_of_ours_has_our_id_and_leads_back(events: Endpoint, broker: Broker) -> None:
    """Nobody is asked for a password: the id is made from it. A client goes where the broker says that it is."""
    ours = replace(events, provider="docker")
    with pytest.raises(StartError, match="the cluster has another id, so it is none of ours"):
        kafka.probe(ours)
    broker.cluster = kafka.environment(ours.password)["CLUSTER_ID"]
    assert kafka.probe(ours) == ("kafka", "4.1.0")
    assert len(broker.cluster) == 22
    with pytest.raises(NotReadyError, match="leads clients to"):
        kafka.probe(replace(ours, host="localhost"))


def test_broker_that_is_too_old_is_told(events: Endpoint, broker: Broker) -> None:
    """Waiting would not help."""
    del broker.known[42]
    with pytest.raises(StartError, match=r"does not know requests that are needed: \[42\]"):
        kafka.probe(events)


@pytest.mark.parametrize(
    "words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", struct.pack("!ii", 4, 9), b"\0\0\0\6\0\0\0\1\0"]
)
def test_another_server_is_not_ready(events: Endpoint, words: bytes) -> None:
    """What hangs up, or says something else, is no broker."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(words)

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(NotReadyError):
            kafka.probe(replace(events, port=listener.getsockname()[1]))
        thread.join()


def test_reset_deletes_what_is_below_the_prefix(events: Endpoint, broker: Broker) -> None:
    """Topics and groups go; what was there before the tests loses its records alone, a group in use stays."""
    broker.topics = {"juncture-3-orders": 2, "juncture-3-mine": 1, "juncture-31-theirs": 1, "__consumer_offsets": 50}
    broker.groups = {"juncture-3-idle": 0, "juncture-3-busy": 2, "juncture-31-theirs": 0}
    kafka.empty(events, {"topics": frozenset({"juncture-3-orders"})})
    assert set(broker.topics) == {"juncture-3-orders", "juncture-31-theirs", "__consumer_offsets"}
    assert set(broker.groups) == {"juncture-3-busy", "juncture-31-theirs"}
    assert broker.cleared == ["juncture-3-orders"]
    assert kafka.used(events) == [3, 31]
    assert kafka.standing(events)["topics"] == {"juncture-3-orders"}


def test_refusal_names_topic_and_code(events: Endpoint, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes are those of the protocol's documentation."""
    refused = struct.pack("!i", 0) + array(text("juncture-3-a") + struct.pack("!h", 29))
    broker.topics = {"juncture-3-a": 1}
    answer = Broker.answer
    monkeypatch.setattr(Broker, "answer", lambda self, key, body: refused if key == 20 else answer(self, key, body))
    with pytest.raises(KafkaError, match="DeleteTopics juncture-3-a: the broker answered with error 29"):
        kafka.empty(events, {})


def test_prefixes_of_workers_never_meet(events: Endpoint) -> None:
    """None is the beginning of another."""
    prefixes = [kafka.at(events, slot).attribute("prefix") for slot in range(64)]
    assert not [one for one in prefixes for other in prefixes if one != other and other.startswith(one)]


def test_mock_cluster_of_librdkafka_is_read() -> None:
    """Versions and the cluster, as a program of others writes them; it knows no groups and deletes nothing."""
    producer = Producer({"bootstrap.servers": "nowhere:1", "test.mock.num.brokers": 1, "log_level": 0})
    producer.produce("orders", b"one")
    assert producer.flush(10) == 0
    (told,) = producer.list_topics(timeout=10).brokers.values()
    with KafkaConnection(told.host, told.port) as connection:
        low, high = connection.versions()[3]
        cluster = connection.cluster()
    assert low <= VERSIONS[3] <= high
    assert cluster.brokers == ((told.host, told.port),)
    assert "orders" in cluster.topics
