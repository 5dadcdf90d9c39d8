"""Tests of ``juncture.services.wire.amqp`` against peers that misbehave; real servers are in tests/integration."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from juncture.services.wire.amqp import AmqpConnection, AmqpError

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer


def frame(method: tuple[int, int], arguments: bytes = b"") -> bytes:
    """Return a method's frame, as in section 4.2.3 of the specification."""
    body = struct.pack("!HH", *method) + arguments
    return struct.pack("!BHI", 1, 0, len(body)) + body + b"\xce"


def long(data: bytes) -> bytes:
    """Return a long string, or a table's content with its length."""
    return struct.pack("!I", len(data)) + data


TABLE = b"\x04deepF" + long(b"\x01xt\x01") + b"\x07productS" + long(b"RabbitMQ") + b"\x07versionS" + long(b"4.1.0")
START = frame((10, 10), b"\x00\x09" + long(TABLE) + long(b"PLAIN AMQPLAIN") + long(b"en_US"))
TUNE = frame((10, 30), struct.pack("!HIH", 2047, 131072, 60))
OPEN_OK = frame((10, 41), b"\0")
CLOSE_OK = frame((10, 51))


def closed(code: int, text: str) -> bytes:
    """Return the method with which a server closes a connection."""
    return frame((10, 50), struct.pack("!HB", code, len(text)) + text.encode() + bytes(4))


def connect(port: int, *, timeout: float = 5.0) -> AmqpConnection:
    """Connect to a peer."""
    return AmqpConnection("127.0.0.1", port, user="me", password="p", vhost="juncture-1", timeout=timeout)


def test_handshake_tells_what_the_server_is(peer: Peer) -> None:
    """The texts of its properties are kept; tables in them are stepped over."""
    with connect(peer(START, TUNE, OPEN_OK, CLOSE_OK)) as connection:
        assert connection.server == {"product": "RabbitMQ", "version": "4.1.0"}


def test_heartbeat_in_between_is_passed_over(peer: Peer) -> None:
    """A busy server may send one before it opens the virtual host."""
    heartbeat = b"\x08\x00\x00\x00\x00\x00\x00\xce"
    with connect(peer(START, TUNE, heartbeat + OPEN_OK, CLOSE_OK)):
        pass


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ((START, closed(403, "ACCESS_REFUSED - no")), 403, "ACCESS_REFUSED - no"),
        ((START, TUNE, closed(530, "NOT_ALLOWED - vhost juncture-1 not found")), 530, "vhost juncture-1 not found"),
        ((b"AMQP\x01\x01\x00\x0a",), 501, "not an AMQP 0-9-1 server"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), 501, "not an AMQP 0-9-1 server: it answered b'HTTP/1.'"),
        ((START[:-1] + b"\x00",), 501, "a frame has no end"),
        ((TUNE,), 503, "it sent (10, 30) where (10, 10) is due"),
    ],
)
def test_refusal_is_told(peer: Peer, answers: tuple[bytes, ...], code: int, words: str) -> None:
    """The server's own words, or the beginning of what is none of its protocol."""
    with pytest.raises(AmqpError) as raised:
        connect(peer(*answers))
    assert raised.value.code == code
    assert words in str(raised.value)


@pytest.mark.parametrize("answers", [(), (START,), (START, TUNE), (START[:9],)])
def test_hanging_up_is_a_connection_error(peer: Peer, answers: tuple[bytes, ...]) -> None:
    """A server that goes away in the middle is not there yet, or no more."""
    with pytest.raises(ConnectionError):
        connect(peer(*answers))


def test_silence_ends_at_the_timeout(peer: Peer) -> None:
    """A listener that never speaks is given up."""
    with pytest.raises(TimeoutError):
        connect(peer(stays=True), timeout=0.05)


def test_goodbye_may_stay_unanswered(peer: Peer) -> None:
    """What was asked was answered; how the server ends is its own business."""
    with connect(peer(START, TUNE, OPEN_OK)):
        pass
