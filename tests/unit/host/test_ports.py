"""Tests of ``juncture.host.ports``."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from juncture.host import ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """Return a listening socket that is none of ours."""
    with socket.create_server((ports.HOST, 0)) as listener:
        yield listener


def test_port_is_remembered_by_key(tmp_path: Path) -> None:
    """The next process finds the server where the last one left it."""
    first = ports.choose(tmp_path, "db-1")
    assert ports.choose(tmp_path, "db-1") == first
    assert ports.is_free(first)


def test_keys_never_share_a_port(tmp_path: Path) -> None:
    """A port that is written down for one server is given to no other, though nothing listens there yet."""
    assert len({ports.choose(tmp_path, f"db-{number}") for number in range(50)}) == 50


def test_server_with_several_ports_keeps_all_of_them(tmp_path: Path) -> None:
    """Each is remembered under the number that the server's image gives it, and fresh ones replace all at once."""
    first = ports.further(tmp_path, "broker-1", (15672, 15692))
    assert [number for number, _ in first] == [15672, 15692]
    assert ports.further(tmp_path, "broker-1", (15672, 15692)) == first
    fresh = ports.further(tmp_path, "broker-1", (15672, 15692), fresh=True)
    assert not {port for _, port in fresh} & {port for _, port in first}
    assert ports.further(tmp_path, "broker-1", (15672, 15692)) == fresh


def test_fresh_port_replaces_the_remembered_one(tmp_path: Path) -> None:
    """A fresh port is another one, and from then on it is the one that is remembered."""
    first = ports.choose(tmp_path, "db-1")
    second = ports.choose(tmp_path, "db-1", fresh=True)
    assert second != first
    assert ports.choose(tmp_path, "db-1") == second


def test_damaged_note_is_replaced(tmp_path: Path) -> None:
    """What is no number was never a port."""
    ports.choose(tmp_path, "db-1")
    (tmp_path / "run" / "ports" / "db-1").write_text("")
    assert ports.choose(tmp_path, "db-1") > 0


def test_note_that_goes_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's removal forgets its ports while another server's is chosen."""
    ports.choose(tmp_path, "going")
    note = tmp_path / "run" / "ports" / "going"
    read_text = type(note).read_text

    def read(path: Path) -> str:
        note.unlink(missing_ok=True)
        return read_text(path)

    monkeypatch.setattr(type(note), "read_text", read)
    assert ports.choose(tmp_path, "db-1") > 0
    assert ports.choose(tmp_path, "going") > 0


def test_port_of_a_listener_is_not_free(stranger: socket.socket) -> None:
    """Where somebody listens no server of ours can start."""
    began = time.monotonic()
    assert not ports.is_free(stranger.getsockname()[1], within=0.05)
    assert 0.05 <= time.monotonic() - began < 5


def test_port_becomes_free_in_time(stranger: socket.socket) -> None:
    """A listener that goes while we wait does not count."""
    port = stranger.getsockname()[1]
    assert not ports.is_free(port)
    stranger.close()
    assert ports.is_free(port, within=5)


def test_closed_connections_do_not_keep_a_port(stranger: socket.socket) -> None:
    """A port whose server closed its connections just now can be listened on again at once."""
    port = stranger.getsockname()[1]
    with socket.create_connection((ports.HOST, port)) as client:
        served, _ = stranger.accept()
        served.close()
        client.recv(1)
    stranger.close()
    assert ports.is_free(port)
