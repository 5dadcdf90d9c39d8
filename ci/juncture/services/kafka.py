"""Kafka and Redpanda: a prefix of topics, groups and transactional ids for each worker, emptied between tests."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services import parts
from juncture.services.addresses import bracketed
from juncture.services.kinds import OBTAINED, Address, Image, Kind, NotReadyError, Outside, Slots
from juncture.services.wire.kafka import VERSIONS, KafkaConnection, KafkaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KAFKA", "REDPANDA", "at", "connect", "empty", "probe", "standing", "used"]

MARKER = "juncture-marker"

PLACE = "{host}:{port}"
"""What a container is given in its place is where clients on the host reach it: a broker tells them where it is."""


def connect(endpoint: Endpoint, *, timeout: float = 15.0) -> KafkaConnection:
    """Return a connection to the broker."""
    return KafkaConnection(endpoint.host, endpoint.port, timeout=timeout)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the broker is in a cluster, and leads clients back to itself.

    No broker tells its version: it is that of its image.
    """
    try:
        with connect(endpoint, timeout=5.0) as connection:
            known = connection.versions()
            cluster = connection.cluster()
    except KafkaError as error:
        raise NotReadyError(str(error)) from None
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if unable := [key for key, version in VERSIONS.items() if not _knows(known, key, version)]:
        raise StartError(f"the broker does not know requests that are needed: {unable}", where=endpoint.service)
    if not cluster.brokers:
        raise NotReadyError("the broker is in no cluster yet")
    if endpoint.provider != "external":
        if endpoint.kind == "kafka" and cluster.id != _cluster(endpoint.password):
            raise StartError("the cluster has another id, so it is none of ours", where=endpoint.service)
        if (endpoint.host, endpoint.port) not in cluster.brokers:
            raise NotReadyError(f"the broker leads clients to {cluster.brokers}")
    return endpoint.kind, endpoint.version


def _knows(known: Mapping[int, tuple[int, int]], key: int, version: int) -> bool:
    low, high = known.get(key, (1, 0))
    return low <= version <= high


def _cluster(password: str) -> str:
    """Return the id of a cluster of ours: who knows the password can tell it, though nobody is asked for that."""
    return urlsafe_b64encode(hashlib.sha256(password.encode()).digest()[:16]).decode().rstrip("=")


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of a prefix on a server that is shared; it ends with what no other prefix goes on with."""
    return replace(endpoint, database=f"{parts.part(endpoint, slot)}-", shared=True)


def used(endpoint: Endpoint) -> list[int]:
    """Return the numbers of the prefixes that a topic's or a group's name begins with."""
    with connect(endpoint) as connection:
        names = {*connection.cluster().topics, *connection.groups()}
    return parts.numbers(endpoint, ("-".join(name.split("-", 2)[:2]) for name in names))


def standing(endpoint: Endpoint) -> Standing:
    """Return the topics and groups whose names begin with the prefix."""
    with connect(endpoint) as connection:
        topics, groups = connection.cluster().topics, connection.groups()
    mine = {"topics": topics, "groups": groups}
    return {
        sort: frozenset(name for name in names if name.startswith(endpoint.database)) for sort, names in mine.items()
    }


def empty(endpoint: Endpoint, kept: Standing) -> None:
    """Delete topics and groups with the prefix, but for what ``kept`` names: such a topic loses its records alone.

    A group that somebody is a member of stays. Offsets of a group that stays go on behind the records that are gone.
    """
    assert endpoint.database.endswith("-")  # noqa: S101 - what follows destroys
    stays = kept.get("topics", frozenset())
    with connect(endpoint) as connection:
        mine = {name: each for name, each in connection.cluster().topics.items() if name.startswith(endpoint.database)}
        groups = {name for name in connection.groups() if name.startswith(endpoint.database)}
        if strange := mine.keys() - stays:
            connection.delete(sorted(strange))
        if same := mine.keys() & stays:
            connection.clear({name: mine[name] for name in sorted(same)})
        if abandoned := groups - kept.get("groups", frozenset()):
            connection.forget(sorted(abandoned))


def url(endpoint: Endpoint) -> str:
    """Return the URL as kombu and faust read it; other clients take host and port."""
    return f"kafka://{bracketed(endpoint.host)}:{endpoint.port}"


def admit(endpoint: Endpoint) -> None:
    """Check nothing: whether topics can be made is seen when the marker is."""


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's topic is there."""
    with connect(endpoint) as connection:
        return MARKER in connection.cluster().topics


def mark(endpoint: Endpoint) -> None:
    """Make the marker's topic, which stays empty."""
    try:
        with connect(endpoint) as connection:
            connection.create(MARKER)
    except KafkaError as error:
        what = f"the topic {MARKER}, which marks it as one for tests, could not be made: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def settle(_: Endpoint) -> None:
    """Do nothing: the probe has seen what there is to see."""


def environment(password: str) -> Mapping[str, str]:
    """Return the variables of a broker that is its own controller."""
    return {
        "CLUSTER_ID": _cluster(password),
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{PLACE}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
    }


SLOTS = Slots(count=parts.COUNT, at=at, used=used)


def _kind(name: str, image: Image) -> Kind:
    return Kind(
        name=name,
        namespace="server",
        options=OBTAINED,
        attributes=frozenset({"url", "host", "port", "prefix"}),
        user="",
        database="",
        probe=probe,
        url=url,
        client=None,
        empty=empty,
        standing=standing,
        embedded=None,
        image=image,
        address=Address(schemes=("kafka",), encrypted=frozenset({"kafkas"}), port=9092, path="nothing"),
        outside=Outside(does="makes and deletes topics of its own", admit=admit, marked=marked, mark=mark, slots=SLOTS),
    )


KAFKA = _kind(
    "kafka",
    Image(
        repository="apache/kafka",
        version="4.1.0",
        suffix="",
        port=9092,
        command=(),
        environment=environment,
        tmpfs=("/var/lib/kafka/data",),
        health=("/opt/kafka/bin/kafka-broker-api-versions.sh", "--bootstrap-server", "localhost:9092"),
        memory=1536 * 1024**2,
        slots=SLOTS,
        settle=settle,
    ),
)

REDPANDA = _kind(
    "redpanda",
    Image(
        repository="redpandadata/redpanda",
        version="v24.3.1",
        suffix="",
        port=9092,
        command=(
            *("redpanda", "start", "--mode=dev-container", "--smp=1", "--memory=512M"),
            *("--kafka-addr=0.0.0.0:9092", f"--advertise-kafka-addr={PLACE}"),
        ),
        tmpfs=("/var/lib/redpanda/data",),
        health=("rpk", "cluster", "health", "--exit-when-healthy"),
        memory=1024**3,
        slots=SLOTS,
        settle=settle,
    ),
)
