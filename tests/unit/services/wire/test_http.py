"""Tests of ``juncture.services.wire.http`` against peers that answer whatever they are told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.services.wire import http
from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer


def answer(status: str, body: bytes = b"") -> bytes:
    """Return a whole answer."""
    return b"HTTP/1.1 %s\r\nX-Name: one\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def test_connection_is_kept_open(peer: Peer) -> None:
    """Two requests go over one connection: the peer takes no second one."""
    with HttpClient("127.0.0.1", peer(answer("200 OK", b"[1]"), answer("204 No Content"))) as client:
        first = client.request("GET", "/one")
        assert (first.json(), first.headers["x-name"]) == ([1], "one")
        assert client.json("PUT", "/two", {"a": 1}).status == 204


def test_refusal_has_status_and_words(peer: Peer) -> None:
    """What the server said is repeated, on one line and not too long."""
    body = b'{"error":\n "not_found"}' + b"x" * 500
    with HttpClient("127.0.0.1", peer(answer("404 Not Found", body))) as client, pytest.raises(HttpError) as raised:
        client.request("DELETE", "/queue")
    assert raised.value.status == 404
    assert str(raised.value).startswith('DELETE /queue was answered with 404: {"error": "not_found"}xxx')
    assert len(str(raised.value)) < 300


def test_status_may_be_expected(peer: Peer) -> None:
    """A question whose answer is no has no error."""
    with HttpClient("127.0.0.1", peer(answer("404 Not Found"))) as client:
        assert client.request("GET", "/", ok="24").status == 404


def test_what_is_there_is_told_from_what_may_not_be_seen(peer: Peer) -> None:
    """Only a success says yes, and only 404 no."""
    with HttpClient("127.0.0.1", peer(answer("200 OK"), answer("404 Not Found"))) as client:
        assert client.has("GET", "/marker")
        assert not client.has("GET", "/marker")
    for status in ("400 Bad Request", "401 Unauthorized", "403 Forbidden", "429 Too Many Requests", "302 Found"):
        with HttpClient("127.0.0.1", peer(answer(status))) as client, pytest.raises(HttpError, match=status[:3]):
            client.has("GET", "/marker")


@pytest.mark.parametrize("words", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_no_http_is_an_os_error(peer: Peer, words: bytes) -> None:
    """Whoever probes tries again, and needs no other class for that."""
    with HttpClient("127.0.0.1", peer(words)) as client, pytest.raises(OSError, match=r"no HTTP|closed|reset"):
        client.request("GET", "/")


@pytest.mark.parametrize(
    "head", [b"Content-Length: 1000000000\r\n\r\n", b"\r\n", b"Transfer-Encoding: chunked\r\n\r\nfff\r\n"]
)
def test_body_without_an_end_is_not_read_to_it(peer: Peer, monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    """Whether its length is told or not, it does not fill our memory."""
    monkeypatch.setattr(http, "LARGEST", 1000)
    words = b"HTTP/1.1 200 OK\r\n" + head + b"x" * 4095
    with HttpClient("127.0.0.1", peer(words)) as client, pytest.raises(HttpError, match="more than 1000 bytes"):
        client.request("GET", "/")


def test_json_without_a_bottom_is_told(peer: Peer) -> None:
    """What is too deep to be read is no value."""
    with HttpClient("127.0.0.1", peer(answer("200 OK", b"[" * 100_000))) as client:
        deep = client.request("GET", "/")
    with pytest.raises(HttpError, match="no JSON came back"):
        deep.json()


def test_no_json_is_told(peer: Peer) -> None:
    """A page where a value is due shows its beginning."""
    with HttpClient("127.0.0.1", peer(answer("200 OK", b"<html>"))) as client, pytest.raises(HttpError, match="<html>"):
        client.request("GET", "/").json()
