"""Tests of ``juncture.providers.process`` as far as nothing is started; real processes are in tests/integration."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from juncture.config import Service
from juncture.errors import StartError
from juncture.providers import process

if TYPE_CHECKING:
    from pathlib import Path

WEB = Service(name="web", kind="http")


def test_each_checkout_and_service_has_a_family(tmp_path: Path) -> None:
    """Ports and logs of two clones are never mixed up; a change of the command makes no new family."""
    keys = {
        process.family(tmp_path, WEB),
        process.family(tmp_path / "clone", WEB),
        process.family(tmp_path, Service(name="billing", kind="http")),
    }
    assert len(keys) == 3
    assert process.family(tmp_path, Service(name="web", kind="http", cwd="x")) in keys
    assert all(key.startswith("http-") for key in keys)


def test_reservations_have_slots_and_ports_of_their_own(tmp_path: Path) -> None:
    """The lowest number that was given back is the next one used, with its port."""
    first, second = (process.reserve(WEB, root=tmp_path, home=tmp_path / "home") for _ in range(2))
    assert (first.key[-2:], second.key[-2:]) == ("-0", "-1")
    assert first.port != second.port
    assert first.slot
    first.slot.release()
    third = process.reserve(WEB, root=tmp_path, home=tmp_path / "home")
    assert (third.key, third.port) == (first.key, first.port)


def test_kept_address_stays_whoever_listens_there(tmp_path: Path) -> None:
    """A developer starts the process there by hand; that takes no slot."""
    first = process.reserve(WEB, root=tmp_path, home=tmp_path / "home", kept="dev")
    with socket.create_server(("127.0.0.1", first.port)):
        second = process.reserve(WEB, root=tmp_path, home=tmp_path / "home", kept="dev")
    assert (second.port, second.slot) == (first.port, None)


def test_endpoint_is_known_before_anything_runs(tmp_path: Path) -> None:
    """The environment is handed out first."""
    reservation = process.reserve(WEB, root=tmp_path, home=tmp_path / "home")
    endpoint = process.endpoint_of(reservation)
    assert endpoint.url == f"http://127.0.0.1:{reservation.port}"
    assert (endpoint.service, endpoint.kind, endpoint.product, endpoint.version) == ("web", "http", "http", "")
    assert process.log_of(reservation).name == f"{reservation.key}.log"


def test_program_that_is_not_there_is_told_before_the_start(tmp_path: Path) -> None:
    """The PATH of the environment is searched, after the folder of this interpreter."""
    reservation = process.reserve(WEB, root=tmp_path, home=tmp_path / "home")
    with pytest.raises(StartError, match="there is no program no-such-thing") as raised:
        process.launch(reservation, "no-such-thing 1", {"PATH": ""})
    assert raised.value.where == "service web"
    assert not process.log_of(reservation).exists()
