"""Tests of ``juncture.stubs.WireMockStubs`` with a real WireMock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from programs import needs

from juncture.config import Service
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.wiremock import ask, connect, empty
from juncture.stubs import WireMockStubs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint

pytestmark = needs("java", "npm")


@pytest.fixture(scope="module")
def server(shared_home: Path, environ: dict[str, str]) -> Iterator[Endpoint]:
    """Return a WireMock of this module."""
    reserved = embedded.reserve(
        Service(name="payments", kind="wiremock"), kind("wiremock"), home=shared_home, environ=environ, idle=60.0
    )
    started = embedded.start(reserved)
    yield started.endpoint
    started.release()


@pytest.fixture
def payments(server: Endpoint) -> Endpoint:
    """Return the server, empty."""
    empty(server)
    return server


def asked(endpoint: Endpoint, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    """Return status and body of the answer to a request of the application's."""
    try:
        request = Request(endpoint.url + path, body, method=method)  # noqa: S310 - http it is
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, ""


def mappings(endpoint: Endpoint) -> list[str]:
    """Return the names of all stubs on the server."""
    with connect(endpoint) as connection:
        return sorted(each["name"] for each in ask(connection, "GET", "/__admin/mappings")["mappings"])


def test_stub_answers_and_tells_what_it_received(payments: Endpoint) -> None:
    """What the application sent is there as it was sent, without what other stubs answered."""
    with WireMockStubs(payments) as stubs:
        charge = stubs.stub("POST", "/charges", json={"id": "ä"}, status=201)
        stubs.stub("GET", "/health", text="fine")
        assert asked(payments, "GET", "/health") == (200, "fine")
        charge.verify(0)
        status, text = asked(payments, "POST", "/charges?dry=1", b'{"amount": 500}')
        assert (status, json.loads(text)) == (201, {"id": "ä"})
        (received,) = charge.received
        assert (received.method, received.path, received.query) == ("POST", "/charges", {"dry": "1"})
        assert received.json() == {"amount": 500}
        charge.verify(1)
        assert [str(each) for each in stubs.received] == ["GET /health", 'POST /charges?dry=1  {"amount": 500}']
        assert stubs.report() == ""


def test_exactly_these_stubs_are_removed(payments: Endpoint) -> None:
    """One that somebody else made stays, whatever it looks like; one that is removed before is no error."""
    with WireMockStubs(payments) as outer:
        outer.stub("GET", "/a")
        with WireMockStubs(payments) as inner:
            inner.stub("GET", "/a", status=503)
            inner.stub("GET", "/b").remove()
            assert asked(payments, "GET", "/a")[0] == 503
            assert mappings(payments) == ["GET /a", "GET /a"]
        assert mappings(payments) == ["GET /a"]
        assert asked(payments, "GET", "/a")[0] == 200
    assert mappings(payments) == []


def test_stubs_of_a_test_that_failed_are_removed_too(payments: Endpoint) -> None:
    """An error goes through."""
    with pytest.raises(ZeroDivisionError), WireMockStubs(payments) as stubs:  # noqa: PT012 - what happens in between
        stubs.stub("GET", "/a")
        raise ZeroDivisionError
    assert mappings(payments) == []


def test_unmatched_requests_are_told_with_what_comes_nearest(payments: Endpoint) -> None:
    """A typing error is seen at a glance."""
    with WireMockStubs(payments) as stubs:
        charge = stubs.stub("POST", "/charges")
        assert asked(payments, "POST", "/charge", b"x")[0] == 404
        assert [each.path for each in stubs.unmatched] == ["/charge"]
        assert stubs.report() == (
            "  matched by no stub:\n    POST /charge  x\n  nearest to POST /charge  x: the stub POST /charges"
        )
        with pytest.raises(AssertionError, match=r"POST /charges was expected at least once, and received never"):
            charge.verify()


def test_query_and_more_of_what_wiremock_knows(payments: Endpoint) -> None:
    """A parameter has to be there; a stub can be anything that WireMock can match and answer."""
    with WireMockStubs(payments) as stubs:
        stubs.stub("GET", "/orders", query={"page": "2"}, text="two")
        body = {"bodyPatterns": [{"equalToJson": '{"a": 1}'}], "method": "POST"}
        stubs.stub("ANY", "/match", more={"request": body, "priority": 1}, text="matched")
        assert asked(payments, "GET", "/orders?page=2&size=5") == (200, "two")
        assert asked(payments, "GET", "/orders?page=3")[0] == 404
        assert asked(payments, "POST", "/match", b'{ "a": 1 }') == (200, "matched")
        assert asked(payments, "POST", "/match", b'{ "a": 2 }')[0] == 404
