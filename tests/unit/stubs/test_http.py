"""Tests of ``juncture.stubs.HttpStubs`` with real requests over loopback."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from juncture.stubs import HttpStubs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stubs() -> Iterator[HttpStubs]:
    """Return a running server."""
    with HttpStubs() as made:
        yield made


def asked(stubs: HttpStubs, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Return status and body of the answer to a request."""
    with closing(http.client.HTTPConnection("127.0.0.1", stubs.port, timeout=5)) as connection:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_stub_answers_and_tells_what_it_received(stubs: HttpStubs) -> None:
    """Method, path, query, headers and body of the request are as they were sent."""
    orders = stubs.stub("POST", "/orders", json={"id": 7}, status=201, headers={"X-Trace": "t"})
    request = Request(f"{stubs.url}/orders?dry=1&note=", b'{"fruit": "apple"}', {"X-User": "ann"})  # noqa: S310 - http
    with urlopen(request, timeout=5) as answer:  # noqa: S310
        told = (answer.status, answer.headers["Content-Type"], answer.headers["X-Trace"], json.load(answer))
    assert told == (201, "application/json", "t", {"id": 7})
    (received,) = orders.received
    assert (received.method, received.path, received.query) == ("POST", "/orders", {"dry": "1", "note": ""})
    assert (received.headers["x-user"], received.json()) == ("ann", {"fruit": "apple"})
    orders.verify(1)
    assert stubs.received == orders.received
    assert stubs.report() == ""


def test_what_no_stub_answers_is_404_and_reported(stubs: HttpStubs) -> None:
    """Another method, path or parameter is another request."""
    stubs.stub("GET", "/orders", query={"page": "2"})
    assert asked(stubs, "GET", "/orders?page=2&size=5")[0] == 200
    for method, path in (("PUT", "/orders?page=2"), ("GET", "/orders/"), ("GET", "/orders?page=3")):
        assert asked(stubs, method, path) == (404, b"no stub answers this request")
    assert [str(each) for each in stubs.unmatched] == ["PUT /orders?page=2", "GET /orders/", "GET /orders?page=3"]
    assert "matched by no stub:\n    PUT /orders?page=2\n" in stubs.report()


def test_verify_tells_what_came_instead(stubs: HttpStubs) -> None:
    """The message has the count, what the stub received, and what nothing answered."""
    stub = stubs.stub("GET", "/a", text="hello")
    stub.verify(0)
    asked(stubs, "GET", "/b")
    with pytest.raises(AssertionError, match=r"GET /a was expected at least once, and received never") as raised:
        stub.verify()
    assert "    GET /b" in str(raised.value)
    assert asked(stubs, "GET", "/a") == (200, b"hello")
    with pytest.raises(AssertionError, match=r"expected 3 times, and received once\n  received:\n    GET /a"):
        stub.verify(3)


def test_later_stub_goes_first_until_it_is_removed(stubs: HttpStubs) -> None:
    """So a test can change what a fixture of its own stubbed."""
    stubs.stub("ANY", "/x?v=1", text="general")
    special = stubs.stub("DELETE", "/x", status=204)
    assert asked(stubs, "DELETE", "/x?v=1") == (204, b"")
    assert asked(stubs, "PATCH", "/x?v=1") == (200, b"general")
    special.remove()
    assert asked(stubs, "DELETE", "/x?v=1") == (200, b"general")


def test_connection_is_kept_and_every_method_answered(stubs: HttpStubs) -> None:
    """Whatever a client sends is read to its end, so that its next request is understood; HEAD has no body."""
    stub = stubs.stub("ANY", "/x", text="hello")
    with closing(http.client.HTTPConnection("127.0.0.1", stubs.port, timeout=5)) as connection:
        for method, body in (("PURGE", b"a"), ("HEAD", None), ("POST", iter([b"in ", b"pieces"])), ("GET", None)):
            connection.request(method, "/x", body, encode_chunked=not isinstance(body, bytes | None))
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"" if method == "HEAD" else b"hello")
    assert [each.text for each in stub.received] == ["a", "", "in pieces", ""]


def test_client_that_waits_for_100_continue_sends_its_body(stubs: HttpStubs) -> None:
    """Curl does so for larger bodies; it would wait for a second or more."""
    orders = stubs.stub("PUT", "/orders", text="done")
    head = b"PUT /orders HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with socket.create_connection(("127.0.0.1", stubs.port), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"apple")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200 OK\r\n")
    (received,) = orders.received
    assert received.body == b"apple"


def test_many_at_once_are_all_received(stubs: HttpStubs) -> None:
    """Each connection has a thread."""
    stub = stubs.stub("GET", "/x", json=None)
    threads = [threading.Thread(target=asked, args=(stubs, "GET", "/x")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stub.verify(20)


def test_asynchronous_test_is_answered(stubs: HttpStubs) -> None:
    """The server has threads of its own: an event loop that waits for the answer gets it."""

    async def fetch() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", stubs.port)
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = await reader.read()
        writer.close()
        await writer.wait_closed()
        return text

    stubs.stub("GET", "/x", text="hello")
    assert asyncio.run(fetch()).endswith(b"\r\n\r\nhello")


def test_end_leaves_nothing_behind() -> None:
    """A client that keeps its connection open is hung up on, no thread stays, and the port is closed."""
    before = threading.active_count()
    with HttpStubs() as stubs, socket.create_connection(("127.0.0.1", stubs.port), 5) as idle:
        port = stubs.port
        idle.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 404")
        stubs.__exit__()
        assert idle.recv(1) == b""
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    with pytest.raises(RuntimeError, match="does not run"):
        assert stubs.url


@pytest.mark.parametrize("path", ["orders", "http://host/orders", "//host/x", "/x#y", ""])
def test_path_is_a_path(stubs: HttpStubs, path: str) -> None:
    """A mistake is told at once: such a stub would never answer."""
    with pytest.raises(ValueError, match="is no path"):
        stubs.stub("GET", path)


def test_answer_has_one_body(stubs: HttpStubs) -> None:
    """JSON and text together are a mistake."""
    with pytest.raises(ValueError, match="one body"):
        stubs.stub("GET", "/x", json=1, text="x")


def test_long_reports_are_cut(stubs: HttpStubs) -> None:
    """A message shows the last requests, and of a body its beginning."""
    for number in range(14):
        asked(stubs, "POST", f"/{number}", b"x" * 5000)
    assert "(4 more before)" in stubs.report()
    assert "/3 " not in stubs.report()
    assert len(stubs.report()) < 3000
