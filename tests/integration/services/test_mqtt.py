"""Tests of ``juncture.services.mqtt`` with a real broker and the client that applications use."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import hand
import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from programs import needs

from juncture.config import Service
from juncture.errors import StartError
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.mqtt import connect, empty, probe
from juncture.services.wire.mqtt import MqttConnection, MqttError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.providers.embedded import Server

pytestmark = needs("mosquitto")


@pytest.fixture(scope="module")
def server(shared_home: Path, environ: dict[str, str]) -> Iterator[Server]:
    """Return a broker of this module."""
    service = Service(name="broker", kind="mqtt")
    started = embedded.start(embedded.reserve(service, kind("mqtt"), home=shared_home, environ=environ, idle=60.0))
    yield started
    started.release()


@pytest.fixture
def broker(server: Server) -> Endpoint:
    """Return the endpoint of the broker, empty."""
    empty(server.endpoint)
    return server.endpoint


def test_client_that_is_connected_is_left_alone(broker: Endpoint) -> None:
    """An application's subscription outlives resets, by whatever id; it goes with the first reset after its end."""
    came: list[str] = []
    subscribed, received = threading.Event(), threading.Event()

    def note(_: object, __: object, message: MQTTMessage) -> None:
        came.append(message.topic)
        received.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id="billing", clean_session=False)
    client.username_pw_set(broker.user, broker.password)
    client.on_message = note
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(broker.host, broker.port)
    client.subscribe("orders", qos=1)
    client.loop_start()
    try:
        assert subscribed.wait(10)
        for number in range(3):
            empty(broker)
            received.clear()
            with connect(broker) as connection:
                connection.publish("orders", str(number).encode())
            assert received.wait(10), number
    finally:
        client.disconnect()
        client.loop_stop()
    assert came == ["orders"] * 3
    with connect(broker, "billing", clean=False) as connection:
        assert connection.resumed
    empty(broker)
    with connect(broker, "billing", clean=False) as connection:
        assert not connection.resumed


def test_session_of_mqtt_5_that_was_to_last_is_ended(broker: Endpoint) -> None:
    """It begins clean and has a time of its own to live after its connection."""
    lasting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
    lasting.SessionExpiryInterval = 3600
    connected = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id="five", protocol=MQTTv5)
    client.username_pw_set(broker.user, broker.password)
    client.on_connect = lambda *_: connected.set()
    client.connect(broker.host, broker.port, clean_start=True, properties=lasting)
    client.loop_start()
    assert connected.wait(10)
    client.disconnect()
    client.loop_stop()
    empty(broker)
    with connect(broker, "five", clean=False) as connection:
        assert not connection.resumed


def test_more_is_kept_than_a_broker_sends_at_once(broker: Endpoint) -> None:
    """Nothing of two thousand messages stays, nor of as many that wait in a session."""
    with connect(broker, "slow", clean=False) as connection:
        connection.subscribe("queue", at_least_once=True)
    with connect(broker) as connection:
        for number in range(2000):
            connection.publish(f"kept/{number}", b"x", retain=True)
            connection.publish("queue", b"x")
        connection.waiting()
        assert len(connection.subscribe("kept/#")) == 2000
    empty(broker)
    with connect(broker) as connection:
        assert connection.subscribe("#") == []


def test_messages_that_may_not_be_removed_are_named(broker: Endpoint) -> None:
    """A broker that lets us read and not write drops what we publish without a word: a reset has an end."""
    with hand.mosquitto(rules="topic read #\nuser device\ntopic readwrite #\n") as server:
        with MqttConnection("127.0.0.1", server.port, client="d", user="device") as device:
            device.publish("plant/heat", b"20", retain=True)
            device.waiting()
        stranger = replace(broker, provider="external", port=server.port, user="", password="")
        with pytest.raises(MqttError, match=r"retained messages stay although they were removed.* at plant/heat"):
            empty(stranger)


def test_wrong_password_is_an_error_at_once(broker: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="refuses the connection: not authorized"):
        probe(replace(broker, password="wrong"))
    with pytest.raises(Exception, match="not authorized"):
        MqttConnection(broker.host, broker.port, client="nobody")


def test_broker_that_lets_in_everybody_is_none_of_ours(broker: Endpoint) -> None:
    """It takes our password as it takes any other."""
    with hand.mosquitto() as stranger, pytest.raises(StartError, match="whoever comes, so it is none of ours"):
        probe(replace(broker, port=stranger.port))
