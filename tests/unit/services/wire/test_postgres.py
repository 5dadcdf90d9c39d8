"""Tests of ``juncture.services.wire.postgres`` against peers that misbehave; real servers are in tests/integration."""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import TYPE_CHECKING

import pytest

from juncture.services.wire.postgres import PostgresConnection, PostgresError, identifier, literal

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer

READY = b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I"


def connected(port: int) -> PostgresConnection:
    """Return a connection with little patience."""
    return PostgresConnection("127.0.0.1", port, user="ann", password="secret", database="shop", timeout=0.5)


def message(kind: bytes, body: bytes) -> bytes:
    """Return a message of the backend."""
    return kind + struct.pack("!i", len(body) + 4) + body


def error(**fields: str) -> bytes:
    """Return an ErrorResponse."""
    return message(b"E", b"".join(f"{name}{text}\0".encode() for name, text in fields.items()) + b"\0")


def test_names_and_texts_are_quoted() -> None:
    """A name or text can't end its quotes."""
    assert identifier('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"


def test_parameters_of_the_server_are_kept(peer: Peer) -> None:
    """What the server tells of itself at start-up can be asked for later; notices and keys pass by."""
    told = message(b"S", b"server_version\x0018.6 (x)\0") + message(b"N", b"Mhello\0\0") + message(b"K", b"\0" * 8)
    with connected(peer(READY[:9] + told + READY[9:])) as connection:
        assert connection.parameters == {"server_version": "18.6 (x)"}


def test_clear_password_is_sent_as_it_is(peer: Peer) -> None:
    """A server that wants the password itself gets it."""
    connected(peer(message(b"R", b"\0\0\0\x03"), READY)).close()


def test_md5_password_is_hashed_with_the_salt(monkeypatch: pytest.MonkeyPatch, peer: Peer) -> None:
    """The answer is md5(md5(password + user) + salt), as old servers want it."""
    sent: list[tuple[bytes, bytes]] = []
    send = PostgresConnection._send

    def spy(self: PostgresConnection, kind: bytes, body: bytes) -> None:
        sent.append((kind, body))
        send(self, kind, body)

    monkeypatch.setattr(PostgresConnection, "_send", spy)
    connected(peer(message(b"R", b"\0\0\0\x05salt"), READY)).close()
    inner = hashlib.md5(b"secretann", usedforsecurity=False).hexdigest()
    outer = hashlib.md5(inner.encode() + b"salt", usedforsecurity=False).hexdigest()
    assert sent == [(b"p", b"md5" + outer.encode() + b"\0")]


def test_unknown_authentication_is_refused(peer: Peer) -> None:
    """Kerberos and its like are told as what they are, by their number."""
    with pytest.raises(PostgresError, match=r"not supported \(7\)"):
        connected(peer(message(b"R", b"\0\0\0\x07")))


@pytest.mark.parametrize(
    "answer",
    [
        (message(b"R", b"\0\0\0\x0bs=c2FsdA==,r=foreign,i=1"),),
        (message(b"R", b"\0\0\0\x0cv=AAAA"),),
    ],
    ids=["strange nonce", "no proof"],
)
def test_server_has_to_know_the_password_too(peer: Peer, answer: tuple[bytes, ...]) -> None:
    """A server that can't continue the SCRAM exchange is not trusted."""
    with pytest.raises(PostgresError) as raised:
        connected(peer(message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0"), *answer))
    assert raised.value.state == "28000"


@pytest.mark.parametrize(
    "answer",
    [
        message(b"R", b"\0"),
        message(b"S", b"no end"),
        message(b"R", b"\0\0\0\x0bnonsense"),
        message(b"R", b"\0\0\0\x0br=x"),
        message(b"R", b"\0\0\0\x0b\xff"),
    ],
)
def test_greeting_that_makes_no_sense_is_told(peer: Peer, answer: bytes) -> None:
    """Whatever a server says while we log in, the error is one of this protocol."""
    with pytest.raises(PostgresError):
        connected(peer(answer))


@pytest.mark.parametrize("rounds", ["0", "2000000000", "many"])
def test_rounds_without_end_are_not_made(rounds: str, monkeypatch: pytest.MonkeyPatch, peer: Peer) -> None:
    """A server could keep us busy for minutes with the proof that it asks for."""
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: "ours")
    challenge = message(b"R", f"\0\0\0\x0br=ours+,s=c2FsdA==,i={rounds}".encode())
    with pytest.raises(PostgresError, match="not a PostgreSQL server"):
        connected(peer(message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0"), challenge))


def test_empty_proof_is_none(peer: Peer) -> None:
    """A server that leaves out the exchange in which it would have to know the password has not proven anything."""
    with pytest.raises(PostgresError, match="could not prove"):
        connected(peer(message(b"R", b"\0\0\0\x0cv=") + READY))


@pytest.mark.parametrize("row", [b"", b"\0\x02\0\0\0\x01a", b"\0\x01\0\0\0\x09a", b"\0\x01\0\0\0\x01ab"])
def test_row_that_makes_no_sense_is_told(peer: Peer, row: bytes) -> None:
    """One that is too short, or longer than its values, is no row of less."""
    answer = message(b"T", b"\0\0") + message(b"D", row) + READY[9:]
    with connected(peer(READY, answer)) as connection, pytest.raises(PostgresError, match="not a PostgreSQL server"):
        connection.query("SELECT 1")


def test_error_has_its_state_and_detail(peer: Peer) -> None:
    """The SQLSTATE is kept apart, the detail is part of the message."""
    with pytest.raises(PostgresError, match=r"^no such thing \(look there\)$") as raised:
        connected(peer(error(S="FATAL", C="3D000", M="no such thing", D="look there")))
    assert raised.value.state == "3D000"


def test_error_without_words_is_an_error(peer: Peer) -> None:
    """A server with nothing to say still refuses."""
    with pytest.raises(PostgresError, match="unknown error"):
        connected(peer(message(b"E", b"\0")))


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"-ERR unknown command\r\n",
        b"Z\0\0\0\x00",
        b"Z\xff\xff\xff\xff",
        b"R\x3f\xff\xff\xff",
    ],
    ids=["http", "redis", "zero length", "negative length", "a gigabyte"],
)
def test_other_protocol_is_told_at_once(peer: Peer, sent: bytes) -> None:
    """A server of another kind is recognized by its first bytes, without waiting for a gigabyte of them."""
    with pytest.raises(PostgresError, match="not a PostgreSQL server: it answered b'") as raised:
        connected(peer(sent, stays=True))
    assert raised.value.state == "08P01"


@pytest.mark.parametrize("sent", [b"", b"R\0\0", b"R\0\0\0\x08\0", READY[:9]])
def test_connection_that_closes_during_start_up_is_told(peer: Peer, sent: bytes) -> None:
    """A server that goes away while it greets is a lost connection."""
    with pytest.raises(ConnectionError, match="closed the connection"):
        connected(peer(sent))


@pytest.mark.parametrize(
    "sent",
    [b"", b"D\0\0\0\x64half", message(b"T", b"\0\0") + message(b"D", b"\0\x01\0\0\0\x01a")],
    ids=["nothing", "half a message", "no end"],
)
def test_connection_that_closes_during_a_query_gives_no_rows(peer: Peer, sent: bytes) -> None:
    """Rows without the end of their query are not a result."""
    with connected(peer(READY, sent)) as connection, pytest.raises(ConnectionError, match="closed the connection"):
        connection.query("SELECT 1")


def test_silence_ends_after_the_timeout(peer: Peer) -> None:
    """A server that accepts and says nothing does not hang us."""
    with pytest.raises(TimeoutError):
        connected(peer(stays=True))


def test_first_error_of_a_query_is_the_one_that_counts(peer: Peer) -> None:
    """The query is read to its end before the error is raised, so that the connection stays in step."""
    answer = error(C="42P01", M="first") + error(C="25P02", M="second") + READY[9:]
    rows = message(b"T", b"\0\0") + message(b"D", b"\0\x02\xff\xff\xff\xff\0\0\0\0") + READY[9:]
    with connected(peer(READY, answer, rows)) as connection:
        with pytest.raises(PostgresError, match=r"^first$"):
            connection.query("SELECT 1")
        assert connection.query("SELECT 2") == [(None, "")]
