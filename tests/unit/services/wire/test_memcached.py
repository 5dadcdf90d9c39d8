"""Tests of ``juncture.services.wire.memcached`` against peers that answer what no real server would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.services.wire.memcached import MemcachedConnection, MemcachedError

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer

HOST = "127.0.0.1"


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"VERSION \r\n", b"HTTP/1.1 200 OK\r\n", b"VERSION 1.6\n"]
)
def test_stranger_is_no_memcached(peer: Peer, answer: bytes) -> None:
    """Only a line with a version in it is an answer to the question for one."""
    with MemcachedConnection(HOST, peer(answer)) as connection, pytest.raises(MemcachedError, match="not a memcached"):
        connection.version()


def test_silence_times_out(peer: Peer) -> None:
    """A server that accepts and says nothing is not ready."""
    with MemcachedConnection(HOST, peer(stays=True), timeout=0.1) as connection, pytest.raises(TimeoutError):
        connection.version()


def test_hanging_up_is_no_answer(peer: Peer) -> None:
    """A connection that closes is an error of the connection, to be tried again."""
    with MemcachedConnection(HOST, peer(b"")) as connection, pytest.raises(ConnectionError):
        connection.version()


def test_refusal_has_the_servers_words(peer: Peer) -> None:
    """``flush_all`` may be switched off."""
    answer = b"CLIENT_ERROR flush_all not allowed\r\n"
    with MemcachedConnection(HOST, peer(answer)) as connection, pytest.raises(MemcachedError, match="not allowed"):
        connection.flush()


def test_statistics_end_where_the_server_says_so(peer: Peer) -> None:
    """A value may have blanks in it, or be missing."""
    answer = b"STAT version 1.6.18\r\nSTAT inter a b\r\nSTAT path \r\nEND\r\n"
    with MemcachedConnection(HOST, peer(answer)) as connection:
        assert connection.stats("settings") == {"version": "1.6.18", "inter": "a b", "path": ""}


def test_statistics_of_a_stranger_are_refused(peer: Peer) -> None:
    """What is no statistic is not read on for ever."""
    with MemcachedConnection(HOST, peer(b"hello\r\n")) as connection, pytest.raises(MemcachedError, match="hello"):
        connection.stats()


@pytest.mark.parametrize(
    ("answer", "value"),
    [(b"END\r\n", None), (b"VALUE k 0 5\r\na\r\nbc\r\nEND\r\n", "a\r\nbc"), (b"VALUE k 0 0\r\n\r\nEND\r\n", "")],
)
def test_value_is_read_by_its_size(peer: Peer, answer: bytes, value: str | None) -> None:
    """It may hold an end of line; a key that is not there has none."""
    with MemcachedConnection(HOST, peer(answer)) as connection:
        assert connection.fetch("k") == value


@pytest.mark.parametrize("answer", [b"VALUE k 0 x\r\n", b"VALUE other 0 1\r\nx\r\nEND\r\n"])
def test_strange_value_is_refused(peer: Peer, answer: bytes) -> None:
    """A size that is no number, or another key, is no answer."""
    with MemcachedConnection(HOST, peer(answer)) as connection, pytest.raises(MemcachedError, match="not a memcached"):
        connection.fetch("k")


def test_value_that_breaks_off_is_an_error_of_the_connection(peer: Peer) -> None:
    """The rest does not come."""
    answer = b"VALUE k 0 50\r\nabc"
    with MemcachedConnection(HOST, peer(answer)) as connection, pytest.raises(ConnectionError, match="in the middle"):
        connection.fetch("k")
