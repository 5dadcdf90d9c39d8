"""Tests of ``juncture.services.wire.nats`` against peers that misbehave; real servers are in tests/integration."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Protocol

import pytest

from juncture.services.wire.nats import LARGEST_MESSAGE, LONGEST_LINE, NatsConnection, NatsError

if TYPE_CHECKING:
    from collections.abc import Iterator

INFO = b'INFO {"server_id":"x","version":"2.15.1","jetstream":true} \r\n'
PONG = b"PONG\r\n"


class Server(Protocol):
    """Greet a client, answer each of its messages with the next text, then close: a NATS server speaks first."""

    def __call__(self, *answers: bytes, stays: bool = False) -> int:
        """Return the port; one that ``stays`` keeps silence after its last answer instead of closing."""
        ...


@pytest.fixture
def said() -> list[bytes]:
    """Return what the server of this test was told, filled as it goes."""
    return []


@pytest.fixture
def server(said: list[bytes]) -> Iterator[Server]:
    """Return a function that starts a server for one connection."""
    with ExitStack() as stack:
        ended = threading.Event()

        def start(*answers: bytes, stays: bool = False) -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def speak() -> None:
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(5)
                        for number, answer in enumerate(answers):
                            if number:
                                said.append(connection.recv(65536))
                            connection.sendall(answer.replace(b"<inbox>", inbox(said)))
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


def inbox(said: list[bytes]) -> bytes:
    """Return the inbox that a client asked to be replied to."""
    requests = [text.split()[2] for text in said if text.startswith(b"PUB ")]
    return requests[-1] if requests else b""


def connected(port: int) -> NatsConnection:
    """Return a connection with little patience."""
    return NatsConnection("127.0.0.1", port, user="ann", password="secret", timeout=0.5)


def asked(port: int) -> bytes:
    """Return the reply to a request."""
    with connected(port) as connection:
        return connection.request("subject", b"question")


def test_connection_is_made_with_the_password_and_a_ping(server: Server, said: list[bytes]) -> None:
    """The server's facts are kept; the credentials, one subscription and a PING go out at once."""
    with connected(server(INFO, PONG, stays=True)) as connection:
        assert connection.info["version"] == "2.15.1"
    assert b'"user": "ann", "pass": "secret"' in said[0]
    assert [line.split()[0] for line in said[0].splitlines()] == [b"CONNECT", b"SUB", b"PING"]


def test_request_gets_its_own_reply(server: Server, said: list[bytes]) -> None:
    """Line ends inside a body are part of it; late replies to others, notices and pings pass by."""
    other = b"MSG _INBOX.other.9 1 5\r\nother\r\n"
    reply = b"MSG <inbox> 1 10\r\nan\r\nswer\r\n\r\n"
    assert asked(server(INFO, PONG, b"+OK\r\n" + other + b"PING\r\n", INFO + reply, stays=True)) == b"an\r\nswer\r\n"
    assert said[1].startswith(b"PUB subject _INBOX.")
    assert said[1].endswith(b" 8\r\nquestion\r\n")
    assert said[2] == b"PONG\r\n"


def test_headers_are_no_part_of_the_body(server: Server) -> None:
    """A reply with headers is told apart by their size."""
    headers = b"NATS/1.0\r\nA: b\r\n\r\n"
    reply = b"HMSG <inbox> 1 %d %d\r\n%sbody\r\n" % (len(headers), len(headers) + 4, headers)
    assert asked(server(INFO, PONG, reply, stays=True)) == b"body"


def test_subject_without_a_listener_is_told_at_once(server: Server) -> None:
    """The server's own 503 is an error with the subject: JetStream that is not enabled looks like this."""
    headers = b"NATS/1.0 503\r\n\r\n"
    reply = b"HMSG <inbox> 1 %d %d\r\n%s\r\n" % (len(headers), len(headers), headers)
    with pytest.raises(NatsError, match=r"^nobody answers subject$"):
        asked(server(INFO, PONG, reply, stays=True))


def test_refused_password_is_the_servers_words(server: Server) -> None:
    """No socket is left open, which would be a warning here."""
    with pytest.raises(NatsError, match=r"^Authorization Violation$"):
        connected(server(INFO, b"-ERR 'Authorization Violation'\r\n"))


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"INFO\r\n",
        b"INFO nonsense\r\n",
        b"INFO []\r\n",
        b"INFO {}\r\n",
        b"\r\n",
        b"MSG\r\n",
        b"MSG a 1 -5\r\n",
        b"MSG a 1 five\r\n",
        b"HMSG a 1 5\r\n",
        b"HMSG a 1 9 5\r\n",
        b"MSG a 1 %d\r\n" % (LARGEST_MESSAGE + 1),
    ],
)
def test_other_protocol_is_told_at_once(server: Server, sent: bytes) -> None:
    """A server of another kind is named by what it said, without waiting for a gigabyte of it."""
    with pytest.raises(NatsError, match="not a NATS server: it answered b'"):
        connected(server(sent, stays=True))


@pytest.mark.parametrize(
    "sent",
    [
        (),
        (b"INFO {",),
        (INFO,),
        (INFO, b"PO"),
        (INFO, PONG),
        (INFO, PONG, b"MSG <inbox> 1 10\r\nhalf"),
        (INFO, PONG, b"MSG <inbox> 1 4\r\nfull"),
    ],
    ids=["nothing", "half a greeting", "greeting", "half a pong", "pong", "half a reply", "no end"],
)
def test_closed_connection_is_no_answer(server: Server, sent: tuple[bytes, ...]) -> None:
    """What was cut short is an error, never a shorter value; a greeting alone is not enough."""
    with pytest.raises(ConnectionError):
        asked(server(*sent))


@pytest.mark.parametrize("sent", [(b"INFO ",), (INFO,), (INFO, PONG), (INFO, PONG, b"MSG <inbox> 1 9\r\nhalf")])
def test_silence_ends_after_the_timeout(server: Server, sent: tuple[bytes, ...]) -> None:
    """A peer that stops speaking does not hang us."""
    with pytest.raises(TimeoutError):
        asked(server(*sent, stays=True))


def test_endless_line_is_not_read_to_its_end(server: Server) -> None:
    """A peer that never ends its line does not fill our memory."""
    with pytest.raises(ConnectionError):
        connected(server(b"I" * (2 * LONGEST_LINE), stays=True))


def test_error_in_the_middle_ends_the_request(server: Server) -> None:
    """What the server has against the connection is what the request fails with."""
    with pytest.raises(NatsError, match=r"^Permissions Violation for Publish$"):
        asked(server(INFO, PONG, b"-ERR 'Permissions Violation for Publish'\r\n", stays=True))
