"""Tests of ``juncture.services.mailpit`` with servers that answer as its documentation says: none runs here."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.services import mailpit
from juncture.services.kinds import NotReadyError
from juncture.stubs import HttpStubs
from juncture.stubs._stubbing import Answer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint


class Guarded(HttpStubs):
    """A server that answers nobody without a password."""

    open = False

    def _answer(self, request: Received) -> Answer:
        if "authorization" in request.headers or self.open:
            return super()._answer(request)
        return Answer(401, {}, b"")


@pytest.fixture
def stubs() -> Iterator[Guarded]:
    """Return a running server."""
    with Guarded() as made:
        yield made


@contextmanager
def smtp(greeting: bytes) -> Iterator[int]:
    """Give the port of a server that greets whoever comes."""

    def greet() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def place(endpoint: Endpoint, stubs: HttpStubs, port: int) -> Endpoint:
    """Return the endpoint of both servers."""
    ports = ((mailpit.PORT, stubs.port), (mailpit.SMTP, port))
    return replace(endpoint, kind="mailpit", port=stubs.port, ports=ports)


def test_ready_is_what_lets_us_in_alone_and_greets(endpoint: Endpoint, stubs: Guarded) -> None:
    """The version is the server's own word."""
    stubs.stub("GET", "/api/v1/info", json={"Version": "v1.31.2"})
    with smtp(b"220 mailpit ESMTP\r\n") as port:
        assert mailpit.probe(place(endpoint, stubs, port)) == ("mailpit", "1.31.2")
        stubs.open = True
        with pytest.raises(NotReadyError, match="does not ask who we are"):
            mailpit.probe(place(endpoint, stubs, port))


@pytest.mark.parametrize("greeting", [b"", b"554 no\r\n", b"HTTP/1.1 200 OK\r\n"])
def test_mail_has_to_be_taken_too(endpoint: Endpoint, stubs: Guarded, greeting: bytes) -> None:
    """An API that answers says nothing of the other port."""
    stubs.stub("GET", "/api/v1/info", json={"Version": "v1.31.2"})
    with smtp(greeting) as port, pytest.raises(NotReadyError, match="no SMTP server greets"):
        mailpit.probe(place(endpoint, stubs, port))


def test_another_server_is_none(endpoint: Endpoint, stubs: Guarded) -> None:
    """It does not know the question, or has another answer."""
    with smtp(b"220 x\r\n") as port:
        with pytest.raises(StartError, match="404"):
            mailpit.probe(place(endpoint, stubs, port))
        stubs.stub("GET", "/api/v1/info", json=["v1"])
        with pytest.raises(StartError, match="no Mailpit"):
            mailpit.probe(place(endpoint, stubs, port))
        stubs.stub("GET", "/api/v1/info", status=502)
        with pytest.raises(NotReadyError, match="502"):
            mailpit.probe(place(endpoint, stubs, port))


def test_reset_deletes_every_message(endpoint: Endpoint, stubs: Guarded) -> None:
    """No ids means all of them."""
    deletion = stubs.stub("DELETE", "/api/v1/messages", text="ok")
    mailpit.empty(place(endpoint, stubs, 1))
    assert [each.json() for each in deletion.received] == [{"IDs": []}]


def test_password_is_in_no_argument() -> None:
    """A container gets it by a variable; its image's own command runs."""
    assert mailpit.environment("secret")["MP_UI_AUTH"] == "juncture:secret"
    assert mailpit.KIND.image is not None
    assert mailpit.KIND.image.command == ()
