"""Tests of leases on containers: who holds one keeps the keeper's hands off, and nobody else does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from quay import IMAGES, START, create

from juncture.host import folders, keeper, leases
from juncture.providers.docker import server as docker
from juncture.providers.docker.places import known_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from quay import Quay
    from tests.integration.conftest import Child

    Until = Callable[..., None]
    KeeperPid = Callable[[Path], int | None]

SHORT = "import dataclasses; place = dataclasses.replace(place, idle=0.3)"


def holder(quay: Quay, child: Child) -> tuple[subprocess.Popen[str], list[Any]]:
    """Return a process that holds a server, which is kept for a moment only, and what it told of it."""
    process = child(START, "redis", IMAGES["redis"], SHORT, home=quay.home)
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return process, json.loads(line)


@pytest.fixture
def other_image(quay: Quay) -> Iterator[str]:
    """Return the name of another image of Redis: the same, but for a label."""
    name = f"juncture-test/drift:{quay.home.name.lower()}"
    dockerfile = f"FROM {IMAGES['redis']}\nLABEL drift={quay.home.name}\n"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", name, "-"], input=dockerfile, text=True, check=True, capture_output=True
    )
    yield name
    quay.clean()
    subprocess.run(["docker", "rmi", "--force", name], check=True, capture_output=True)


def test_held_lease_keeps_a_container_and_a_killed_holder_does_not(quay: Quay, child: Child, until: Until) -> None:
    """It stays far beyond its idle time while a process holds it, and goes when that one was killed."""
    process, told = holder(quay, child)
    time.sleep(1.5)
    found = quay.engine.container(told[0])
    assert found is not None
    assert found["State"]["Running"]
    process.send_signal(signal.SIGKILL)
    until(lambda: quay.engine.container(told[0]) is None, within=20)
    (key,) = {path.stem for path in (quay.home / "run" / "ports").iterdir()}
    until(lambda: not known_path(quay.home, key).exists())


def test_use_begins_the_idle_time_anew(quay: Quay) -> None:
    """A container that is used now and then is not made anew each time."""
    made = quay.id(quay.start(idle=2.0))
    for _ in range(4):
        quay.release()
        time.sleep(0.8)
        assert quay.id(quay.start(idle=2.0)) == made


def test_keeper_fails_closed(quay: Quay) -> None:
    """Where it can't win the lock nothing is removed, whoever holds it and however; asking it to is refused."""
    server = quay.start(idle=0.0)
    quay.release()
    quay.start(idle=0.0)
    path = folders.lease_path(quay.home, f"server-{server.key}")
    argv = ["flock", "--shared", "--no-fork", str(path), "sleep", "60"]
    with subprocess.Popen(argv) as stranger:
        time.sleep(0.3)
        quay.release()
        assert not keeper.stop(quay.home, server.key)
        time.sleep(1.0)
        assert quay.names == {f"juncture-{server.key}"}
        stranger.terminate()


def test_nothing_outlives_a_run_in_ci(quay: Quay, until: Until) -> None:
    """Without idle time a container goes with its last user; until then it stays."""
    first, second = quay.start(idle=0.0), quay.start(idle=0.0)
    first.release()
    time.sleep(0.8)
    assert quay.names == {f"juncture-{second.key}"}
    quay.release()
    until(lambda: not quay.names, within=20)


def test_container_of_one_run_goes_when_it_ends(quay: Quay, until: Until) -> None:
    """With ``reuse = "run"`` it is gone when its last user's release returns, and nothing of it is remembered."""
    first = quay.start(reuse="run", run="a", idle=0.0)
    same, other = quay.start(reuse="run", run="a", idle=0.0), quay.start(reuse="run", run="b", idle=0.0)
    assert (same.key, same.started) == (first.key, False)
    assert quay.inspect(other)["Config"]["Labels"]["juncture.run"] == "b"
    assert len(quay.names) == 2
    first.release()
    same.release()
    assert quay.names == {f"juncture-{other.key}"}
    other.release()
    assert not quay.names
    until(lambda: not [path for path in quay.home.rglob("*redis-*") if path.is_file()])


def test_new_image_runs_beside_the_old_one_until_nobody_uses_that(quay: Quay, other_image: str, until: Until) -> None:
    """Who uses the old container keeps it to his end; it goes when its idle time is over, the new one stays."""
    old = quay.start(idle=0.3)
    new = quay.start(idle=60.0, image=other_image)
    assert old.key != new.key
    time.sleep(1.0)
    assert quay.names == {f"juncture-{old.key}", f"juncture-{new.key}"}
    old.release()
    until(lambda: quay.names == {f"juncture-{new.key}"}, within=20)


def test_keeper_that_was_killed_is_followed_by_one_that_knows(
    quay: Quay, until: Until, keeper_pid: KeeperPid, other_image: str
) -> None:
    """Its containers live on, and the next run's keeper watches all of them: also those that this run does not use."""
    old = quay.start(idle=60.0, image=other_image)
    used = quay.start(idle=60.0)
    old.release()
    first = keeper_pid(quay.home)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    again = quay.start(idle=0.3)
    assert (again.key, again.started) == (used.key, False)
    assert keeper_pid(quay.home) not in {None, first}
    until(lambda: quay.names == {f"juncture-{used.key}"}, within=20)


def test_keeper_removes_none_but_ours(quay: Quay, until: Until) -> None:
    """A container that took the name of one that it watches stays: it lacks the labels."""
    server = quay.start(idle=0.3)
    quay.engine.remove(f"juncture-{server.key}")
    foreign = create(quay.engine, f"juncture-{server.key}", IMAGES["redis"], labels={})
    try:
        quay.release()
        until(lambda: server.key not in {running.key for running in keeper.running(quay.home)}, within=20)
        assert quay.engine.container(foreign) is not None
    finally:
        quay.engine.remove(foreign)


def test_keeper_that_ends_while_it_removes_leaves_nobody_a_dying_server(
    quay: Quay, keeper_pid: KeeperPid, until: Until
) -> None:
    """Whoever removes a container holds its lease to the end, also where the keeper does not live as long."""
    server = quay.start(idle=60.0)
    quay.release()
    pid = keeper_pid(quay.home)
    assert pid is not None
    keeper._ask(quay.home, {"do": "stop", "key": server.key}, spawn=False)
    os.kill(pid, signal.SIGKILL)
    again = quay.start(idle=60.0)
    assert again.started
    assert quay.inspect(again)["State"]["Running"]
    until(lambda: len(quay.names) == 1)


def test_worker_takes_what_its_controller_tells(quay: Quay) -> None:
    """It is given image, key and port, and asks for none of them; its slot is its own."""
    controller = quay.reserve()
    told = json.loads(json.dumps(controller.facts()))
    quay.hold(controller)
    blind = docker.Place(
        home=quay.home,
        engine=type(quay.engine)("unix:///nowhere.sock"),
        environ=quay.environ,
        idle=60.0,
        run="run",
    )
    worker = docker.reserve(controller.service, controller.kind, place=blind, told=told)
    assert (worker.key, worker.port, worker.image) == (controller.key, controller.port, controller.image)
    assert worker.slot != controller.slot


def test_kept_namespace_is_found_again(quay: Quay) -> None:
    """A shell's namespace is not a worker's, belongs to its name, and needs no lease to stay."""
    first = quay.start(kept="shell")
    second = quay.start(kept="shell")
    other = quay.start(kept="another")
    worker = quay.start()
    assert first.endpoint.database == second.endpoint.database
    assert len({server.endpoint.database for server in (first, other, worker)}) == 3
    assert leases.holders(folders.lease_path(quay.home, f"slot-{first.key}-{first.endpoint.database}")) == 0
