"""Tests of ``juncture.services.container``, against real sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from juncture.config import Ready
from juncture.model import Endpoint
from juncture.services.container import port_of, probe
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Iterator


def endpoint(port: int, *ports: tuple[int, int]) -> Endpoint:
    """Return the endpoint of a container."""
    return Endpoint(
        service="x",
        kind="container",
        provider="docker",
        product="x",
        version="",
        host="127.0.0.1",
        port=port,
        ports=ports,
    )


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """Yield a port where each connection gets an answer and is closed; without one it stays open."""
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            if answer is None:
                kept.append(connection)
                continue
            with connection:
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in kept:
                connection.close()


def test_open_connection_is_ready() -> None:
    """A server that says nothing first, and keeps the connection, is there; so is one with a greeting."""
    for answer in (None, b"220 mail\r\n"):
        with answering(answer) as port:
            assert probe(endpoint(port), Ready("tcp", "", 1025)) == ("container", "")


def test_proxy_without_a_server_is_not_ready() -> None:
    """The engine's proxy takes every connection, and closes it at once where nobody listens behind it."""
    with answering(b"") as port, pytest.raises(NotReadyError, match="closed at once"):
        probe(endpoint(port), Ready("tcp"))


def test_every_port_has_to_be_open_by_default() -> None:
    """Where nothing is said of readiness, each port that is published has to take connections."""
    with answering(None) as one, answering(None) as other, answering(b"") as closed:
        assert probe(endpoint(one)) == ("container", "")
        assert probe(endpoint(one, (80, one), (81, other)), Ready("tcp")) == ("container", "")
        with pytest.raises(NotReadyError):
            probe(endpoint(one, (80, one), (81, closed)))


def test_answer_of_http_is_ready() -> None:
    """A GET is answered on the port that leads to the right one inside."""
    with answering(b"HTTP/1.1 404 Not Found\r\n\r\n") as port:
        assert probe(endpoint(1, (80, 2), (81, port)), Ready("http", "/", 81)) == ("container", "")


def test_error_of_http_is_not_ready() -> None:
    """A server that can't answer yet says so."""
    with (
        answering(b"HTTP/1.1 503 Unavailable\r\n\r\n") as port,
        pytest.raises(NotReadyError, match="GET /x was answered with 503"),
    ):
        probe(endpoint(port), Ready("http", "/x"))


def test_closed_port_is_not_ready() -> None:
    """Nobody listens there yet."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotReadyError, match="refused"):
        probe(endpoint(port), Ready("tcp"))


def test_port_of_readiness_is_the_one_outside() -> None:
    """A port inside is looked up; without one, or for one that is not published, it is the first."""
    there = endpoint(4001, (80, 4001), (81, 4002))
    assert [port_of(there, Ready("tcp", "", port)) for port in (0, 80, 81, 99)] == [4001, 4001, 4002, 4001]
