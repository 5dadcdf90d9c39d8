"""Tests of ``juncture.services.wire.redis`` against peers that misbehave; real servers are in tests/integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.services.wire.redis import LONGEST_LINE, RedisConnection, RedisError

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer

    from juncture.services.wire.redis import Reply


def asked(port: int) -> Reply:
    """Return the reply to a PING."""
    with RedisConnection("127.0.0.1", port, timeout=0.5) as connection:
        return connection.command("PING")


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (b"+PONG\r\n", "PONG"),
        (b"+\r\n", ""),
        (b":-7\r\n", -7),
        (b"$-1\r\n", None),
        (b"$0\r\n\r\n", ""),
        (b"$4\r\na\r\nb\r\n", "a\r\nb"),
        (b"*-1\r\n", None),
        (b"*0\r\n", []),
        (b"*3\r\n$1\r\na\r\n:2\r\n*1\r\n$-1\r\n", ["a", 2, [None]]),
    ],
)
def test_every_form_of_reply_is_read(peer: Peer, sent: bytes, reply: Reply) -> None:
    """Each form of RESP 2 has its Python value, nested too."""
    assert asked(peer(sent)) == reply


def test_reply_in_pieces_is_one_reply(peer: Peer) -> None:
    """A reply longer than a packet is read to its end."""
    text = "x" * 3_000_000
    assert asked(peer(f"${len(text)}\r\n{text}\r\n".encode())) == text


@pytest.mark.parametrize("sent", [b"", b"+PO", b"$10\r\nhalf", b"$4\r\nfull", b"*2\r\n:1\r\n"])
def test_closed_connection_is_no_reply(peer: Peer, sent: bytes) -> None:
    """What was cut short is an error, never a shorter value."""
    with pytest.raises(ConnectionError, match="closed the connection"):
        asked(peer(sent))


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"$ten\r\n",
        b":\r\n",
        b"*1.5\r\n",
        b"\r\n",
        b":" + b"9" * 5000 + b"\r\n",
        b"$1\r\nabc",
    ],
    ids=repr,
)
def test_other_protocol_is_told(peer: Peer, sent: bytes) -> None:
    """A server of another kind is named by what it answered."""
    with pytest.raises(RedisError, match="not a Redis server: it answered b'"):
        asked(peer(sent))


@pytest.mark.parametrize(
    "sent", [b"$99999999999\r\n", b"*99999999999\r\n", b"*1\r\n" * 5000], ids=["text", "list", "deep"]
)
def test_reply_that_no_memory_holds_is_refused(peer: Peer, sent: bytes) -> None:
    """Nobody waits for a hundred gigabytes, or follows lists in lists to no end."""
    with pytest.raises(RedisError, match="not a Redis server"):
        asked(peer(sent, stays=True))


def test_endless_line_is_not_read_to_its_end(peer: Peer) -> None:
    """A peer that never ends its line does not fill our memory."""
    with pytest.raises(ConnectionError):
        asked(peer(b"+" * (2 * LONGEST_LINE), stays=True))


@pytest.mark.parametrize("sent", [b"", b"+PON", b"$100\r\nonly"])
def test_silence_ends_after_the_timeout(peer: Peer, sent: bytes) -> None:
    """A peer that stops speaking does not hang us."""
    with pytest.raises(TimeoutError):
        asked(peer(sent, stays=True))


def test_refused_password_closes_the_connection(peer: Peer) -> None:
    """The server's words are the error; no socket is left open, which would be a warning here."""
    with pytest.raises(RedisError, match=r"^WRONGPASS no$"):
        RedisConnection("127.0.0.1", peer(b"-WRONGPASS no\r\n"), password="wrong")
