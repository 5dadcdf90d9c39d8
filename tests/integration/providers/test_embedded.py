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
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from juncture.host import folders, keeper, ports
from juncture.providers import embedded_start
from juncture.services import kind
from juncture.services.postgres import connect

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from embedded_site import Site
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
