"""Tests of ``juncture.providers.embedded`` with real servers, real processes and real kills."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import socket
import sys
import time
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from juncture.config import Service
from juncture.errors import ProviderError, StartError
from juncture.host import folders, keeper, ports
from juncture.providers import embedded, embedded_start
from juncture.services import kind
from juncture.services import redis as redis_service
from juncture.services.postgres import connect

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.conftest import Child

    from juncture.providers.launch import Reservation

    Alive = Callable[[int], bool]
    Until = Callable[..., None]
    KeeperPid = Callable[[Path], int | None]

START = """
import json, os, sys
from pathlib import Path
from juncture.config import Service
from juncture.host import keeper
from juncture.providers import embedded
from juncture.services import kind
name, home = sys.argv[1], Path(os.environ["JUNCTURE_HOME"])
sys.stdin.readline()
reservation = embedded.reserve(Service(name=name, kind=name), kind(name), home=home, environ=os.environ, idle=60.0)
server = embedded.start(reservation, promised=True)
answer = keeper._ask(home, {"do": "list"}, spawn=False)
pids = {row["key"]: row["pid"] for row in answer["servers"]}
print(json.dumps([server.endpoint.port, pids[server.key], answer["pid"]]), flush=True)
sys.stdin.read()
"""


class Site:
    """One home, and the servers that were started in it."""

    def __init__(self, home: Path, environ: dict[str, str]) -> None:
        """Start with nothing held."""
        self.home = home
        self.environ = environ
        self.held: list[embedded.Server] = []

    def reserve(self, name: str = "redis", *, idle: float = 60.0, version: str = "") -> Reservation:
        """Reserve a service of the kind of that name."""
        service = Service(name=name, kind=name, version=version)
        return embedded.reserve(service, kind(name), home=self.home, environ=self.environ, idle=idle)

    def start(self, reservation: Reservation, *, promised: bool = False) -> embedded.Server:
        """Start a reserved server, and hold it until the test's end."""
        server = embedded.start(reservation, promised=promised)
        self.held.append(server)
        return server

    def pid(self, server: embedded.Server) -> int:
        """Return the server's process id."""
        (pid,) = [running.pid for running in keeper.running(self.home) if running.key == server.key]
        return pid


@pytest.fixture
def site(own_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> Iterator[Site]:
    """Return a home of this test's own."""
    made = Site(own_home, environment_of(own_home))
    yield made
    for server in made.held:
        server.release()


def go(processes: list[subprocess.Popen[str]]) -> None:
    """Let processes that wait for a line begin."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def test_twenty_processes_that_ask_at_once_share_one_postgres(
    site: Site, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """One server, one keeper, on the port that each had promised before anything ran."""
    processes = [child(START, "postgres", home=site.home) for _ in range(20)]
    go(processes)
    assert len({tuple(answer) for answer in answers(processes)}) == 1


def test_processes_have_a_redis_each(
    site: Site, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """Four that run at once have four servers on four ports, with one keeper."""
    processes = [child(START, "redis", home=site.home) for _ in range(4)]
    go(processes)
    lines = [process.stdout.readline() for process in processes if process.stdout]
    ports, pids, keepers = zip(*[tuple(map(int, line.strip("[]\n").split(","))) for line in lines], strict=True)
    assert (len(set(ports)), len(set(pids)), len(set(keepers))) == (4, 4, 1)
    assert len(answers([])) == 0


def test_warm_server_is_found_again(site: Site) -> None:
    """The next user of a server that nobody stopped gets the same one, and is told that it did not start it."""
    first = site.start(site.reserve())
    assert first.started
    first.release()
    second = site.start(site.reserve())
    assert not second.started
    assert (second.endpoint, second.seconds < 1) == (first.endpoint, True)


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_killed_server_is_started_again_on_its_port(site: Site, name: str, alive: Alive, until: Until) -> None:
    """After SIGKILL the next start, by whoever comes, has the same address, which the environment may hold already."""
    reservation = site.reserve(name)
    first = site.start(reservation)
    pid = site.pid(first)
    os.kill(pid, signal.SIGKILL)
    second = site.start(reservation, promised=True)
    assert second.endpoint.port == first.endpoint.port
    assert site.pid(second) != pid
    until(lambda: not alive(pid))


def test_killed_postgres_comes_back_although_a_client_kept_it_busy(site: Site, child: Child) -> None:
    """A backend that outlives its killed server for a while does not keep the next one from starting."""
    reservation = site.reserve("postgres")
    first = site.start(reservation)
    busy = child(
        "import sys; from juncture.services.wire.postgres import PostgresConnection as C\n"
        "c = C('127.0.0.1', int(sys.argv[1]), user='juncture', password=sys.argv[2], database='postgres')\n"
        "print('ready', flush=True); c.query('SELECT count(*) FROM generate_series(1, 20000000)')",
        first.endpoint.port,
        first.endpoint.password,
    )
    assert busy.stdout is not None
    busy.stdout.readline()
    os.kill(site.pid(first), signal.SIGKILL)
    second = site.start(reservation, promised=True)
    with connect(second.endpoint) as connection:
        assert connection.value("SELECT 1") == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_killed_keeper_does_not_hinder_the_next_run(site: Site, name: str, keeper_pid: KeeperPid, alive: Alive) -> None:
    """Its servers die with it; a start in the very next moment neither fails nor takes the dying one for its own."""
    reservation = site.reserve(name)
    for _ in range(3):
        server = site.start(reservation, promised=True)
        old, pid = site.pid(server), keeper_pid(site.home)
        assert pid
        os.kill(pid, signal.SIGKILL)
        again = site.start(reservation, promised=True)
        new = site.pid(again)
        assert (new != old, alive(new), alive(old)) == (True, True, False)
        assert kind(name).probe(again.endpoint)


def test_data_survives_the_server(site: Site) -> None:
    """A Postgres that was killed keeps what had reached its log: templates outlive a crash."""
    reservation = site.reserve("postgres")
    first = site.start(reservation)
    with connect(first.endpoint) as connection:
        connection.query("SET synchronous_commit = on; CREATE TABLE kept AS SELECT 7 AS value")
    os.kill(site.pid(first), signal.SIGKILL)
    with connect(site.start(reservation).endpoint) as connection:
        assert connection.value("SELECT value FROM kept") == "7"


def test_damaged_data_is_made_anew(site: Site) -> None:
    """A cluster that a crash of the machine damaged can't recover: it is replaced, and the log says so."""
    server = site.start(site.reserve("postgres"))
    server.release()
    keeper.stop(site.home, server.key)
    (folders.data_folder(site.home) / server.key / "global" / "pg_control").write_bytes(b"damaged")
    with connect(site.start(site.reserve("postgres")).endpoint) as connection:
        assert connection.value("SELECT 1") == "1"
    assert "the data is made anew" in server.log.since(0, 10_000).decode()


def test_data_survives_a_port_that_was_taken(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that found somebody else on the port says nothing of the data, also where the next is the last."""
    monkeypatch.setattr(embedded_start, "PORT_FREE_WITHIN", 0.0)
    reservation = site.reserve("postgres")
    server = site.start(reservation)
    with connect(server.endpoint) as connection:
        connection.query("CREATE TABLE kept AS SELECT 7 AS value; CHECKPOINT")
    server.release()
    keeper.stop(site.home, server.key)
    taken = embedded_start._taken
    with socket.create_server((ports.HOST, server.endpoint.port)) as stranger:

        def leave_at_last(reservation: Reservation, looks: Iterator[int] = count(1)) -> int | None:  # noqa: B008
            if next(looks) == embedded_start.ATTEMPTS:
                stranger.close()
            return taken(reservation)

        monkeypatch.setattr(embedded_start, "_taken", leave_at_last)
        again = site.start(reservation, promised=True)
    with connect(again.endpoint) as connection:
        assert connection.value("SELECT value FROM kept") == "7"


def test_idle_server_stops_and_its_user_is_never_cut_off(site: Site, alive: Alive, until: Until) -> None:
    """While a lease is held the server stays; afterwards it goes."""
    server = site.start(site.reserve(idle=0.1))
    pid = site.pid(server)
    deadline = time.monotonic() + 0.6
    until(lambda: time.monotonic() > deadline)
    assert alive(pid)
    server.release()
    until(lambda: not alive(pid))


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


def test_cluster_is_initialised_once(site: Site) -> None:
    """A second server of the same program copies the kept cluster; nothing half-made lies about."""
    server = site.start(site.reserve("postgres"))
    data = folders.data_folder(site.home)
    assert {path.name for path in data.iterdir()} == {".home", server.key, f"{server.key}.made-for"}
    made_for = hashlib.sha256(folders.secret(site.home).encode()).hexdigest()[:8]
    kept = site.home / "clusters" / f"{site.reserve('postgres').binary.key}-{made_for}"
    made = (kept / "cluster" / "PG_VERSION").stat().st_mtime_ns
    server.release()
    keeper.stop(site.home, server.key)
    shutil.rmtree(data / server.key)
    site.start(site.reserve("postgres"))
    assert (kept / "cluster" / "PG_VERSION").stat().st_mtime_ns == made


def test_declared_version_that_is_not_there_is_served_by_another(site: Site) -> None:
    """The endpoint says what really answered."""
    server = site.start(site.reserve("postgres", version="9.6"))
    assert not server.endpoint.version.startswith("9.6")


@pytest.mark.soak
def test_kills_at_random_moments_never_hinder_the_next_start(
    site: Site, child: Child, rounds: Callable[[int, int], int], keeper_pid: KeeperPid
) -> None:
    """Whoever is killed, keeper, server or client, while a client starts a server: the next start works."""
    seed = random.randrange(1_000_000)
    choice = random.Random(seed)
    reservation = site.reserve("postgres")
    for number in range(rounds(5, 50)):
        client = child(START, "postgres", home=site.home)
        go([client])
        deadline = time.monotonic() + choice.uniform(0.05, 0.5)
        while time.monotonic() < deadline:
            time.sleep(0.005)
        victims = [keeper_pid(site.home), client.pid, *[server.pid for server in keeper.running(site.home)]]
        victim = choice.choice([pid for pid in victims if pid])
        os.kill(victim, signal.SIGKILL)
        server = site.start(reservation)
        with connect(server.endpoint) as connection:
            assert connection.value("SELECT 1") == "1", f"seed {seed}, round {number}"
        server.release()
        client.kill()
