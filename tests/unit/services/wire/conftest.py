"""Peers that speak whatever they are told to, for what no real server would answer."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"


class Peer(Protocol):
    """Listen on a port, answer each message of the client with the next text, then close."""

    def __call__(self, *answers: bytes, stays: bool = False) -> int:
        """Return the port; one that ``stays`` keeps silence after its last answer instead of closing."""
        ...


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Return a function that starts a peer for one connection."""
    with ExitStack() as stack:
        ended = threading.Event()

        def start(*answers: bytes, stays: bool = False) -> int:
            listener = stack.enter_context(socket.create_server((HOST, 0)))

            def speak() -> None:
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(5)
                        for answer in answers:
                            connection.recv(65536)
                            connection.sendall(answer)
                        if stays:
                            ended.wait(10)

            thread = threading.Thread(target=speak)
            thread.start()
            stack.callback(thread.join)
            port: int = listener.getsockname()[1]
            return port

        stack.callback(ended.set)
        yield start
        ended.set()
