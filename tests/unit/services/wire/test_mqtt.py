"""Tests of ``juncture.services.wire.mqtt`` against peers that answer what no real broker would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.services.wire import mqtt
from juncture.services.wire.mqtt import MqttConnection, MqttError

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer

HOST = "127.0.0.1"

WELCOME = b"\x20\x02\x00\x00"


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n" * 9, b"\x20\x01\x00", b"\x20\xff\xff\xff\xff\x01"])
def test_stranger_is_no_broker(peer: Peer, answer: bytes) -> None:
    """Another packet, one that is too short, and a length without end are no welcome."""
    with pytest.raises(MqttError, match="not an MQTT broker"):
        MqttConnection(HOST, peer(answer), client="c")


@pytest.mark.parametrize(("code", "said"), [(5, "not authorized"), (4, "bad user name"), (77, "refused with 77")])
def test_refusal_is_told_with_its_number(peer: Peer, code: int, said: str) -> None:
    """The protocol has a number for why."""
    with pytest.raises(MqttError, match=said) as raised:
        MqttConnection(HOST, peer(bytes([0x20, 2, 0, code])), client="c")
    assert raised.value.code == code


def test_hanging_up_is_an_error_of_the_connection(peer: Peer) -> None:
    """It can be tried again; so can one that breaks off in the middle."""
    for answer in (b"", b"\x20\x02\x00"):
        with pytest.raises(ConnectionError):
            MqttConnection(HOST, peer(answer), client="c")


def test_silence_times_out(peer: Peer) -> None:
    """A broker that accepts and says nothing is not ready."""
    with pytest.raises(TimeoutError):
        MqttConnection(HOST, peer(stays=True), client="c", timeout=0.1)


def test_refused_subscription_is_an_error(peer: Peer) -> None:
    """Else what a broker keeps would look like nothing."""
    answers = (WELCOME, b"\x90\x03\x00\x01\x80")
    with MqttConnection(HOST, peer(*answers), client="c") as connection, pytest.raises(MqttError, match="# is refused"):
        connection.subscribe("#")


def test_session_that_was_kept_is_told(peer: Peer) -> None:
    """The broker says whether it still had one."""
    with MqttConnection(HOST, peer(b"\x20\x02\x01\x00"), client="c", clean=False) as connection:
        assert connection.resumed
    with MqttConnection(HOST, peer(WELCOME), client="c") as connection:
        assert not connection.resumed


def test_message_without_a_topic_is_refused(peer: Peer) -> None:
    """A packet that is too short for the length of its topic is none of this protocol."""
    answers = (WELCOME, b"\x30\x01\x00")
    with MqttConnection(HOST, peer(*answers), client="c") as connection, pytest.raises(MqttError, match="type 3"):
        connection.waiting()


def test_broker_that_always_has_more_is_left_in_time(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came until then is returned; where only what was kept is asked for, the rest does not count."""
    monkeypatch.setattr(mqtt, "DRAINED_WITHIN", 0.05)
    more = b"\x30\x04\x00\x01tx\xd0\x00"
    with MqttConnection(HOST, peer(WELCOME, *[more] * 50000), client="c") as connection:
        found = connection.waiting()
        assert found
        assert set(found) == {("t", b"x", False)}
        assert connection.waiting(kept=True) == []
