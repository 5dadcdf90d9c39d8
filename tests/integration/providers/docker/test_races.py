"""Tests of ``juncture.providers.docker.bring_up``: many at once, and makers that are killed on the way."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Any

import pytest
from quay import IMAGES, START, create

from juncture.errors import ProviderError
from juncture.providers.docker import bring_up, containers
from juncture.providers.docker.places import known_path
from juncture.providers.docker.server import home_id

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from quay import Quay
    from tests.integration.conftest import Child

    Until = Callable[..., None]

DIE = """
import signal
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
"""

BEFORE_START = DIE + "import docker.models.containers as models; models.Container.start = die"
BEFORE_READY = DIE + "from juncture.providers.docker import bring_up; bring_up.BringUp._wait = die"
BEFORE_SETTLED = DIE + "from juncture.providers.docker import bring_up; bring_up.BringUp._settled = die"
BEFORE_KNOWN = DIE + "from juncture.providers.docker import places; places.Known.write = die"
BEFORE_CREATED = DIE + "import docker.models.containers as models; models.ContainerCollection.create = die"


def go(processes: list[subprocess.Popen[str]]) -> None:
    """Let processes begin at once, when all of them are ready to."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def told(process: subprocess.Popen[str]) -> Any:
    """Return the line that a process printed; it goes on holding its server."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return json.loads(line)


def test_twenty_processes_at_once_make_one_container(quay: Quay, child: Child) -> None:
    """One of them makes it, all use it, at the port that each had promised, and each has a slot of its own."""
    processes = [child(START, "redis", IMAGES["redis"], home=quay.home) for _ in range(20)]
    go(processes)
    ids, ports, made, slots = zip(*map(told, processes), strict=True)
    assert (len(set(ids)), len(set(ports)), sum(made), len(set(slots))) == (1, 1, 1, 20)
    assert len(quay.names) == 1


@pytest.mark.parametrize("stage", [BEFORE_CREATED, BEFORE_START, BEFORE_READY, BEFORE_SETTLED, BEFORE_KNOWN])
def test_maker_that_is_killed_leaves_nothing_in_the_way(quay: Quay, child: Child, stage: str) -> None:
    """Whoever comes next has one that runs: what was ready is joined, what never started is replaced."""
    maker = child(START, "redis", IMAGES["redis"], stage, home=quay.home)
    go([maker])
    assert maker.wait(30) == -signal.SIGKILL
    reserved = quay.reserve()
    left = quay.engine.container(reserved.name)
    server = quay.hold(reserved, promised=True)
    assert quay.inspect(server)["State"]["Status"] == "running"
    assert len(quay.names) == 1
    started = left is not None and left["State"]["Status"] == "running"
    assert (left is not None and quay.id(server) == left["Id"]) == started
    assert server.started != started
    assert known_path(quay.home, server.key).exists()


def test_container_of_a_killed_maker_is_removed(quay: Quay, child: Child, until: Until) -> None:
    """Also where nobody comes after him: the keeper knew of it before it was there."""
    hurry = "place = __import__('dataclasses').replace(place, idle=0.2)\n"
    maker = child(START, "redis", IMAGES["redis"], hurry + BEFORE_READY, home=quay.home)
    go([maker])
    assert maker.wait(30) == -signal.SIGKILL
    until(lambda: not quay.names, within=30)


def test_one_that_ignores_our_leases_is_joined(quay: Quay, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken between the look and the creation is no error where what has it is ours."""
    server = quay.start()
    made = quay.id(server)
    known_path(quay.home, server.key).unlink()
    reserved = quay.reserve()
    find = containers.find
    blind = [True]

    def too_early(*arguments: Any, **names: Any) -> containers.Found | None:
        return None if blind and blind.pop() else find(*arguments, **names)

    monkeypatch.setattr(containers, "find", too_early)
    joined = quay.hold(reserved)
    assert (joined.started, quay.id(joined)) == (False, made)


def test_one_that_others_just_create_is_waited_for_but_not_for_long(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody starts it in a while, he who created it was killed, and it is replaced."""
    monkeypatch.setattr(bring_up, "CREATED_WITHIN", 1.0)
    reserved = quay.reserve()
    made: list[str] = []
    find = containers.find

    def too_early(*arguments: Any, **names: Any) -> containers.Found | None:
        if made:
            return find(*arguments, **names)
        labels = {"juncture.home": home_id(quay.home), "juncture.key": reserved.key, "juncture.kind": "redis"}
        made.append(create(quay.engine, reserved.name, IMAGES["redis"], labels=labels))
        return None

    monkeypatch.setattr(containers, "find", too_early)
    server = quay.hold(reserved)
    assert server.started
    assert quay.id(server) != made[0]


def test_foreign_container_of_that_name_is_left_alone(quay: Quay) -> None:
    """Neither one without labels nor another home's is touched; the error names it and the way out."""
    reserved = quay.reserve()
    for labels in ({}, {"juncture.home": "another", "juncture.key": reserved.key}):
        theirs = create(quay.engine, reserved.name, IMAGES["redis"], labels=labels)
        try:
            with pytest.raises(ProviderError, match=f"the container {reserved.name} is none of this home's") as raised:
                reserved.start(promised=False)
            assert f"docker rename {reserved.name}" in raised.value.hint
            with pytest.raises(ProviderError, match="none of this home's"):
                quay.reserve()
            found = quay.engine.container(reserved.name)
            assert found is not None
            assert (found["Id"], found["State"]["Status"]) == (theirs, "created")
        finally:
            quay.engine.remove(theirs)


@pytest.mark.soak
def test_kills_at_any_moment_leave_one_container(quay: Quay, child: Child, rounds: Callable[[int, int], int]) -> None:
    """However far a maker came, the next one has a server that answers, and there are never two."""
    for number in range(rounds(3, 40)):
        maker = child(START, "redis", IMAGES["redis"], home=quay.home)
        go([maker])
        with suppress(TimeoutExpired):  # it is still at it
            maker.wait(0.05 + number % 20 * 0.06)
        maker.kill()
        maker.wait(10)
        server = quay.hold(quay.reserve(), promised=True)
        assert len(quay.names) == 1
        quay.do(server, "kill")
        quay.release()
