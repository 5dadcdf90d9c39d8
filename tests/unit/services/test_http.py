"""Tests of ``juncture.services.http`` against peers that say what they are told to."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest

from juncture.services import http
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint


class Answering(Protocol):
    """Answer one request with some bytes, then close the connection."""

    def __call__(self, answer: bytes, *, stays: bool = False) -> Endpoint:
        """Return where; one that ``stays`` keeps the connection open instead."""
        ...


@pytest.fixture
def asked() -> list[bytes]:
    """Return the requests of this test, filled as they come."""
    return []


@pytest.fixture
def answering(endpoint: Endpoint, asked: list[bytes]) -> Iterator[Answering]:
    """Return a function that starts a peer."""
    with ExitStack() as stack:
        ended = threading.Event()

        def start(answer: bytes, *, stays: bool = False) -> Endpoint:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def speak() -> None:
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        asked.append(connection.recv(65536))
                        connection.sendall(answer)
                        if stays:
                            ended.wait(10)

            thread = threading.Thread(target=speak)
            thread.start()
            stack.callback(thread.join)
            return replace(endpoint, port=listener.getsockname()[1])

        stack.callback(ended.set)
        yield start
        ended.set()


def test_url_has_no_slash_at_its_end(endpoint: Endpoint) -> None:
    """Paths begin with one."""
    assert http.url(endpoint) == "http://127.0.0.1:5432"


def test_request_is_a_plain_get(answering: Answering, asked: list[bytes]) -> None:
    """Path and query go as they were declared; the connection is not kept."""
    place = answering(b"HTTP/1.1 200 OK\r\n\r\n")
    assert http.probe(place, "/health?deep=1") == ("http", "")
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET /health?deep=1 HTTP/1.1"
    assert {f"Host: 127.0.0.1:{place.port}", "Connection: close"} <= set(lines)
    assert lines[-2:] == ["", ""]


@pytest.mark.parametrize("status", ["200 OK", "204", "301 Moved Permanently", "401 Unauthorized", "404 Not Found"])
def test_answer_below_500_is_ready(answering: Answering, status: str) -> None:
    """What an application answers on purpose means that it is there; a reason may be missing."""
    http.probe(answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode(), stays=True))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_error_is_not_ready(answering: Answering, status: int) -> None:
    """An application that still starts says so itself."""
    with pytest.raises(NotReadyError, match=f"^GET / was answered with {status}$"):
        http.probe(answering(f"HTTP/1.1 {status} No\r\n\r\n".encode()))


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 ", b"HTTP/1.1 20", b"220 mail\r\n", b"HTTP/1.1 abc\r\n", b"+PONG\r\n"]
)
def test_half_an_answer_is_none(answering: Answering, answer: bytes) -> None:
    """A connection that closes early, or speaks otherwise, is no server of HTTP yet."""
    with pytest.raises(NotReadyError, match=r"answer|no HTTP came back"):
        http.probe(answering(answer))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK"])
def test_silence_ends_after_the_patience(answering: Answering, answer: bytes) -> None:
    """A server that accepts and says nothing is asked again later."""
    with pytest.raises(NotReadyError, match="timed out"):
        http.probe(answering(answer, stays=True), patience=0.2)


def test_nobody_there_is_not_ready(endpoint: Endpoint) -> None:
    """A port that refuses may be listened on a moment later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotReadyError, match="refused"):
        http.probe(replace(endpoint, port=port))


def test_it_has_neither_version_nor_client() -> None:
    """The project's own process is the version that is checked out."""
    schema = http.KIND.schema()
    assert not schema.versioned
    assert schema.attributes == {"url", "host", "port"}
    assert http.KIND.client is None
