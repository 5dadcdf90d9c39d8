"""Tests of ``juncture.services.mockserver`` with a server that answers as its documentation says: none runs here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.services import mockserver
from juncture.services.kinds import NotReadyError
from juncture.stubs import HttpStubs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint


@pytest.fixture
def stubs() -> Iterator[HttpStubs]:
    """Return a running server."""
    with HttpStubs() as made:
        yield made


@pytest.fixture
def place(endpoint: Endpoint, stubs: HttpStubs) -> Endpoint:
    """Return the endpoint of that server."""
    return replace(endpoint, kind="mockserver", port=stubs.port, user="", password="")


def test_ready_is_what_tells_its_ports(stubs: HttpStubs, place: Endpoint) -> None:
    """The version stands in a header, where it does."""
    status = stubs.stub("PUT", "/mockserver/status", json={"ports": [1080]}, headers={"version": "5.15.0"})
    assert mockserver.probe(place) == ("mockserver", "5.15.0")
    status.verify(1)
    stubs.stub("PUT", "/mockserver/status", json={"ports": [1080]})
    assert mockserver.probe(place) == ("mockserver", "")


@pytest.mark.parametrize("told", [[], {}, {"ports": 1080}, "ports"])
def test_another_server_is_none(stubs: HttpStubs, place: Endpoint, told: object) -> None:
    """Success alone says nothing: an application may answer everything with it."""
    stubs.stub("PUT", "/mockserver/status", json=told)
    with pytest.raises(StartError, match="no MockServer"):
        mockserver.probe(place)


def test_server_that_does_not_know_the_question_is_none(place: Endpoint) -> None:
    """It answers 404."""
    with pytest.raises(StartError, match="was answered with 404"):
        mockserver.probe(place)


def test_server_that_still_starts_is_asked_again(stubs: HttpStubs, place: Endpoint) -> None:
    """So is one that nobody listens for yet."""
    stubs.stub("PUT", "/mockserver/status", status=503)
    with pytest.raises(NotReadyError, match="503"):
        mockserver.probe(place)
    stubs.__exit__()
    with pytest.raises(NotReadyError, match="refused"):
        mockserver.probe(place)


def test_reset_is_the_servers_own(stubs: HttpStubs, place: Endpoint) -> None:
    """One request takes everything out."""
    reset = stubs.stub("PUT", "/mockserver/reset")
    mockserver.empty(place)
    reset.verify(1)
    assert mockserver.url(place) == stubs.url
