"""Tests of ``juncture.services.rabbitmq`` with a real server and the client that applications use."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pika
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import needs

from juncture.config import Service
from juncture.errors import JunctureError, StartError
from juncture.host import keeper, ports
from juncture.isolation.workspace import open_workspace
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.kinds import NotReadyError
from juncture.services.rabbitmq import activity, at, connect, empty, make, manage, probe, standing, used
from juncture.services.wire.amqp import AmqpError
from juncture.testing import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pika.adapters.blocking_connection import BlockingChannel
    from tests.integration.conftest import Declare

    from juncture.model import Endpoint
    from juncture.providers.embedded import Server
    from juncture.services.kinds import Standing

pytestmark = [pytest.mark.xdist_group("rabbitmq-embedded"), needs("rabbitmq-server")]

BROKER = Service(name="broker", kind="rabbitmq")


@pytest.fixture(scope="module")
def server(shared_home: Path, environ: dict[str, str]) -> Iterator[Server]:
    """Return a RabbitMQ for this module, which has a virtual host of it."""
    reserved = embedded.reserve(BROKER, kind("rabbitmq"), home=shared_home, environ=environ, idle=60.0)
    started = embedded.start(reserved)
    make(started.endpoint)
    yield started
    empty(started.endpoint, {})
    started.release()


@pytest.fixture
def broker(server: Server) -> Endpoint:
    """Return the endpoint of the virtual host, empty."""
    empty(server.endpoint, {})
    return server.endpoint


@pytest.fixture
def channel(broker: Endpoint) -> Iterator[BlockingChannel]:
    """Return a channel of the usual client."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        yield connection.channel()


@pytest.fixture
def admin(server: Server) -> Endpoint:
    """Return the endpoint of the whole server."""
    return replace(server.endpoint, database="/")


def waiting(broker: Endpoint, queue: str) -> int:
    """Return how many messages of a queue can be delivered."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


def test_probe_tells_product_and_version(broker: Endpoint) -> None:
    """The version is the server's own word."""
    assert probe(broker) == ("rabbitmq", broker.version)
    assert broker.version[0].isdigit()


def test_reset_deletes_what_a_test_made(broker: Endpoint, channel: BlockingChannel) -> None:
    """Queues of every sort with what is in them, exchanges, bindings, policies, parameters: nothing is left."""
    channel.exchange_declare("events", "topic", durable=True)
    for name, arguments in (
        ("plain", {}),
        ("quorum", {"x-queue-type": "quorum"}),
        ("a/b ü", {"x-queue-type": "stream"}),
    ):
        channel.queue_declare(name, durable=True, arguments=arguments)
        channel.queue_bind(name, "events", "order.*", {"x": 1})
        channel.queue_bind(name, "amq.topic")
        channel.basic_publish("", name, b"one")
    with manage(broker) as api:
        definition = {"pattern": ".*", "definition": {"max-length": 5}}
        api.json("PUT", f"/api/policies/{broker.database}/short", definition)
        api.json("PUT", f"/api/vhost-limits/{broker.database}/max-queues", {"value": 50})
    empty(broker, {})
    assert standing(broker) == dict.fromkeys(("policies", "queues", "exchanges", "parameters", "bindings"), frozenset())


def test_what_was_there_before_stays_and_is_emptied(broker: Endpoint, channel: BlockingChannel) -> None:
    """An application that declares at its start finds its queues as they were, without a message."""
    channel.exchange_declare("events", "topic", durable=True)
    channel.queue_declare("orders", durable=True)
    channel.queue_bind("orders", "events", "order.*")
    before = standing(broker)
    channel.queue_bind("orders", "events", "invoice.*")
    channel.queue_bind("orders", "amq.fanout")
    channel.exchange_declare("more", "fanout")
    channel.exchange_bind("more", "events", "#")
    channel.queue_declare("mine")
    channel.basic_publish("events", "order.new", b"one")
    empty(broker, before)
    assert standing(broker) == before
    assert waiting(broker, "orders") == 0


def test_other_virtual_hosts_are_not_touched(broker: Endpoint, channel: BlockingChannel) -> None:
    """A reset ends at the worker's own."""
    neighbour = at(broker, 900)
    make(neighbour)
    with pika.BlockingConnection(pika.URLParameters(neighbour.url)) as connection:
        connection.channel().queue_declare("theirs")
    channel.queue_declare("mine")
    assert set(used(broker)) >= {900, int(broker.database.rpartition("-")[2])}
    empty(broker, {})
    assert 900 in used(broker)
    empty(neighbour, {})
    assert not {900, int(broker.database.rpartition("-")[2])} & set(used(broker))


def test_exclusive_queue_ends_with_its_connection(broker: Endpoint, channel: BlockingChannel) -> None:
    """Nobody but its owner can delete it: that is no reason for a reset to fail."""
    queue = channel.queue_declare("", exclusive=True).method.queue
    empty(broker, {})
    assert waiting_on(channel, queue) == 0


def waiting_on(channel: BlockingChannel, queue: str) -> int:
    """Return how many messages of a queue can be delivered, asked by who may use it."""
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def test_wrong_password_is_an_error_at_once(admin: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="the management API refuses the user"):
        probe(replace(admin, password="wrong"))
    with pytest.raises(AmqpError, match="ACCESS_REFUSED") as raised:
        connect(replace(admin, password="wrong"))
    assert raised.value.code == 403


def test_virtual_host_that_is_not_there_yet_is_not_ready(admin: Endpoint) -> None:
    """The listener is open and the password right, but what is asked for does not serve."""
    with pytest.raises(NotReadyError, match="vhost nowhere not found"):
        probe(replace(admin, database="nowhere"))


def test_server_that_does_not_speak_is_not_ready(admin: Endpoint, server: Server, shared_home: Path) -> None:
    """The kernel accepts connections for a server that stands still."""
    pid = next(running.pid for running in keeper.running(shared_home) if running.key == server.key)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            connect(admin, timeout=0.3)
    finally:
        os.kill(pid, signal.SIGCONT)
    probe(admin)


def test_activity_tells_what_waits(broker: Endpoint, channel: BlockingChannel) -> None:
    """Whoever's test hangs sees what nobody takes, and who is connected."""
    channel.queue_declare("orders")
    channel.confirm_delivery()
    channel.basic_publish("", "orders", b"one")
    assert "queue orders has 1 messages to deliver, 0 not acknowledged" in activity(broker)


def test_killed_server_leaves_no_port_mapper(own_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> None:
    """What Erlang would leave running for the whole machine ends with the server, however that ends."""
    environ = environment_of(own_home)
    reserved = embedded.reserve(BROKER, kind("rabbitmq"), home=own_home, environ=environ, idle=60.0)
    server = embedded.start(reserved)
    every = [reserved.port, *dict(reserved.ports).values()]
    assert not any(ports.is_free(port) for port in every)
    pid = next(running.pid for running in keeper.running(own_home) if running.key == server.key)
    os.kill(pid, signal.SIGKILL)
    assert all(ports.is_free(port, within=10) for port in every)
    server.release()


def test_server_of_somebody_else(
    admin: Endpoint, declare: Declare, bare_home: Path, environment_of: Callable[[Path], dict[str, str]]
) -> None:
    """Who says that it is for tests gets virtual hosts whose names tell the machine, and the server is marked."""
    config = declare({"broker": {"kind": "rabbitmq"}}, provider="auto")
    place = {
        "JUNCTURE_BROKER_URL": f"amqp://{admin.user}:{admin.password}@{admin.host}:{admin.port}",
        "JUNCTURE_BROKER_PORT_15672": str(dict(admin.ports)[15672]),
    }
    environ = environment_of(bare_home) | place
    with pytest.raises(JunctureError, match="a run makes and empties virtual hosts of its own there"):
        open_workspace(config, environ=environ)
    said = declare({"broker": {"kind": "rabbitmq", "disposable": True}}, provider="auto")
    with open_workspace(said, environ=environ) as workspace:
        mine = workspace.endpoints["broker"]
        assert mine.database.startswith("jx")
        with pika.BlockingConnection(pika.URLParameters(mine.url)) as connection:
            connection.channel().queue_declare("orders")
        workspace.reset("broker")
        assert standing(mine)["queues"] == frozenset()
    with open_workspace(config, environ=environ):  # it is marked now
        pass
    with manage(admin) as api:
        api.request("DELETE", f"/api/vhosts/{mine.database}")
        api.request("DELETE", "/api/global-parameters/juncture-marker")


def test_consumer_of_a_test_is_recorded(broker: Endpoint, channel: BlockingChannel) -> None:
    """The callback of pika has four arguments; its thread is ended by the message that is waited for."""
    received = Recorder[bytes](lambda _channel, _method, _properties, body: body)
    received.when(b"last", lambda _: channel.stop_consuming())
    channel.queue_declare("orders")
    channel.basic_consume("orders", received, auto_ack=True)
    thread = threading.Thread(target=channel.start_consuming)
    thread.start()
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        publisher = connection.channel()
        for word in (b"new", b"last"):
            publisher.basic_publish("", "orders", word)
    assert received.wait_for(b"last") == b"last"
    assert received.received == (b"new", b"last")
    thread.join()


NAMES = st.sampled_from(["a", "b", "c", "seed"])
QUEUES = st.sampled_from([{}, {"x-queue-type": "quorum"}, {"x-max-length": 3}])
OPERATION = st.one_of(
    st.tuples(st.just("queue"), NAMES, QUEUES),
    st.tuples(st.just("exchange"), NAMES, st.sampled_from(["topic", "fanout", "direct"])),
    st.tuples(st.just("bind"), NAMES, st.sampled_from(["amq.topic", "amq.fanout", "seeds"])),
    st.tuples(st.just("publish"), NAMES, st.sampled_from(["", "seeds", "amq.topic"])),
    st.tuples(st.just("take"), NAMES, st.booleans()),
    st.tuples(st.just("policy"), NAMES, st.integers(1, 5)),
)


def seed(broker: Endpoint) -> Standing:
    """Make what an application declares at its start, and return it."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.exchange_declare("seeds", "topic", durable=True)
        channel.queue_declare("seed", durable=True)
        channel.queue_bind("seed", "seeds", "#")
    return standing(broker)


def carry_out(broker: Endpoint, operation: tuple[str, str, object]) -> None:
    """Do one operation as a test would, on a connection of its own; what the broker refuses is no matter."""
    what, name, more = operation
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    channel = connection.channel()
    try:
        if what == "queue":
            channel.queue_declare(name, durable=True, arguments=more)
        elif what == "exchange":
            channel.exchange_declare(name, more, durable=True)
        elif what == "bind":
            channel.queue_bind(name, more, name)
        elif what == "publish":
            channel.basic_publish(more, name, b"word")
        elif what == "take":
            channel.basic_get(name, auto_ack=bool(more))
        else:
            with manage(broker) as api:
                definition = {"pattern": name, "definition": {"max-length": more}}
                api.json("PUT", f"/api/policies/{broker.database}/{name}", definition)
    except pika.exceptions.ChannelClosedByBroker:
        pass
    finally:
        connection.close()


@pytest.mark.soak
def test_reset_brings_the_seed_back(broker: Endpoint, rounds: Callable[[int, int], int]) -> None:
    """After any operations the virtual host is as the application left it at its start."""
    before = seed(broker)

    @settings(max_examples=rounds(5, 50), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(OPERATION, min_size=10, max_size=20))
    def check(operations: list[tuple[str, str, object]]) -> None:
        for operation in operations:
            carry_out(broker, operation)
        empty(broker, before)
        assert standing(broker) == before
        assert waiting(broker, "seed") == 0

    check()
