"""Tests of ``juncture.model``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from juncture.model import Endpoint

ENDPOINT = Endpoint(
    service="mail",
    kind="container",
    provider="docker",
    product="container",
    version="",
    host="127.0.0.1",
    port=40001,
    ports=((8025, 40001), (1025, 40002)),
)


def test_every_port_is_an_attribute() -> None:
    """A declaration names ports as they are inside the container, and gets them as they are outside."""
    assert ENDPOINT.attribute("port") == ENDPOINT.attribute("port_8025") == "40001"
    assert ENDPOINT.attribute("port_1025") == "40002"
    assert ENDPOINT.attribute("host") == "127.0.0.1"


def test_part_is_known_by_what_its_users_call_it() -> None:
    """A bucket, a prefix and a virtual host are what a database is elsewhere; a key is a user."""
    endpoint = replace(ENDPOINT, database="jn-3", user="me", password="secret")
    assert {endpoint.attribute(name) for name in ("bucket", "prefix", "vhost", "database")} == {"jn-3"}
    assert (endpoint.attribute("access_key"), endpoint.attribute("secret_key")) == ("me", "secret")


def test_port_that_is_not_there_is_a_key_error() -> None:
    """The declaration was checked before; another port is a defect."""
    with pytest.raises(KeyError, match="80"):
        ENDPOINT.attribute("port_80")
