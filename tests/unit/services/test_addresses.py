"""Tests of ``juncture.services.addresses``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.services.addresses import authority, bracketed, parameters

if TYPE_CHECKING:
    from juncture.model import Endpoint


@pytest.mark.parametrize(
    ("user", "password", "expected"),
    [
        ("", "", "127.0.0.1:5432"),
        ("me", "", "me@127.0.0.1:5432"),
        ("", "pw", ":pw@127.0.0.1:5432"),
        ("m@e", "p/w", "m%40e:p%2Fw@127.0.0.1:5432"),
    ],
)
def test_empty_parts_leave_no_trace(endpoint: Endpoint, user: str, password: str, expected: str) -> None:
    """A server without a password has a URL without a colon."""
    assert authority(replace(endpoint, user=user, password=password)) == expected


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@given(password=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_password_comes_back(password: str) -> None:
    """Whatever is in it, a client reads what was meant."""
    from juncture.model import Endpoint  # noqa: PLC0415 - a fixture would be shared by all examples

    endpoint = Endpoint(service="", kind="", provider="external", product="", version="", host="h", port=1, user="u")
    parts = urlsplit(f"x://{authority(replace(endpoint, password=password))}/")
    assert unquote(parts.password or "") == password
    assert (parts.hostname, parts.port) == ("h", 1)


def test_addresses_of_ipv6_have_brackets() -> None:
    """The port would be part of the address."""
    assert bracketed("::1") == "[::1]"
    assert bracketed("localhost") == "localhost"


def test_parameters_follow_a_question_mark(endpoint: Endpoint) -> None:
    """Without parameters there is no mark either."""
    assert parameters(endpoint) == ""
    assert parameters(replace(endpoint, parameters="a=b&c")) == "?a=b&c"
