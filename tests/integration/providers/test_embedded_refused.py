"""Embedded servers that can not be had as they were asked for: a port, a program or a home is in the way."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.errors import ProviderError, StartError
from juncture.host import keeper, ports
from juncture.providers import embedded, embedded_start
from juncture.services import redis as redis_service
from juncture.services.postgres import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedded_site import Site
    from tests.integration.conftest import Child

    Alive = Callable[[int], bool]
    Until = Callable[..., None]
    KeeperPid = Callable[[Path], int | None]


def test_port_that_a_stranger_took_is_replaced(site: Site) -> None:
    """Where the address was not given away yet, the server just has another one."""
    reservation = site.reserve()
    with socket.create_server((embedded.HOST, reservation.port)):
        server = site.start(reservation)
    assert server.endpoint.port != reservation.port
    assert redis_service.probe(server.endpoint)
    assert site.reserve().port != server.endpoint.port


@pytest.mark.parametrize("speaks", [False, True])
def test_promised_port_that_a_stranger_took_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, child: Child, *, speaks: bool
) -> None:
    """The environment can't be changed any more: the error names the port, soon, whatever the stranger speaks."""
    monkeypatch.setattr(embedded_start, "PORT_FREE_WITHIN", 0.1)
    reservation = site.reserve("postgres")
    with socket.socket() as listener:
        if speaks:
            code = (
                "import sys, http.server\n"
                "server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.BaseHTTPRequestHandler)\n"
                "print('ready', flush=True); server.serve_forever()"
            )
            stranger = child(code, reservation.port)
            assert stranger.stdout is not None
            stranger.stdout.readline()
        else:
            listener.bind((embedded.HOST, reservation.port))
            listener.listen()
        began = time.monotonic()
        with pytest.raises(StartError, match=f"another program listens on its port {reservation.port}") as raised:
            site.start(reservation, promised=True)
    assert time.monotonic() - began < 5
    assert raised.value.where == "service postgres"


def test_server_on_another_port_than_promised_is_told(site: Site) -> None:
    """Where another process moved the server in between, the promise is not broken without a word."""
    late = site.reserve("postgres")
    moved = replace(late, port=ports.choose(site.home, late.key, fresh=True))
    running = site.start(moved)
    with pytest.raises(StartError, match=f"runs on port {running.endpoint.port}, but port {late.port} was given away"):
        site.start(late, promised=True)
    assert site.start(late).endpoint.port == running.endpoint.port


def test_server_that_ends_at_once_is_told_with_its_words(site: Site, tmp_path: Path) -> None:
    """The error has the end of the log and where the whole is; it does not wait for the patience to run out."""
    program = tmp_path / "bin" / "valkey-server"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho the disk is full\nexit 3\n")
    program.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid():
            folder.chmod(folder.stat().st_mode | 0o001)
    reservation = site.reserve()
    broken = replace(reservation, binary=replace(reservation.binary, program=program))
    began = time.monotonic()
    with pytest.raises(StartError, match="did not become ready: it ended with exit code 3") as raised:
        site.start(broken)
    assert time.monotonic() - began < 3
    assert "  | the disk is full" in raised.value.what.splitlines()
    assert raised.value.hint == f"its whole log is {site.home / 'logs' / f'{reservation.key}.log'}"


def test_failed_start_gives_its_leases_back(site: Site, tmp_path: Path) -> None:
    """After an error the key can be started, or stopped, by anybody."""
    reservation = site.reserve()
    with pytest.raises((StartError, ProviderError)):
        site.start(replace(reservation, binary=replace(reservation.binary, program=tmp_path / "nothing")))
    assert redis_service.probe(site.start(reservation).endpoint)


def test_home_that_was_removed_does_not_spoil_its_successor(site: Site) -> None:
    """Who clears the cache has a new password; data in memory that knows the old one is made anew."""
    first = site.start(site.reserve("postgres"))
    first.release()
    keeper.stop(site.home, first.key)
    (site.home / "run" / "secret").unlink()
    second = site.start(site.reserve("postgres"))
    assert second.endpoint.password != first.endpoint.password
    with connect(second.endpoint) as connection:
        assert connection.value("SELECT 1") == "1"


@pytest.mark.skipif(os.getuid() != 0, reason="only root drops servers to another user")
def test_home_that_the_dropped_server_can_not_enter_is_told(site: Site) -> None:
    """The folder is named, with the variable that helps, before anything fails in the middle."""
    site.home.chmod(0o700)
    try:
        with pytest.raises(ProviderError, match="can't enter this folder") as raised:
            site.start(site.reserve("postgres"))
    finally:
        site.home.chmod(0o755)
    assert raised.value.where == str(site.home)


def test_declared_version_that_is_not_there_is_served_by_another(site: Site) -> None:
    """The endpoint says what really answered."""
    server = site.start(site.reserve("postgres", version="9.6"))
    assert not server.endpoint.version.startswith("9.6")
