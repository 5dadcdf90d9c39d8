"""Tests of ``juncture.providers.docker.server``: what a container is, and how it is found again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from quay import IMAGES

from juncture.config import Service
from juncture.providers.docker import server as docker
from juncture.providers.docker.server import ContainerServer
from juncture.services import kind
from juncture.services.postgres import connect as connect_postgres
from juncture.services.redis import connect as connect_redis
from juncture.services.redis import flush

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from quay import Quay
    from tests.integration.conftest import Child

KEY = """
import json, os, sys
from pathlib import Path
from juncture.config import Service
from juncture.host.engine import locate
from juncture.providers.docker import server as docker
from juncture.services import kind
engine = locate(os.environ)
place = docker.Place(home=Path(os.environ["JUNCTURE_HOME"]), engine=engine, environ=os.environ, idle=1.0, run="other")
images = json.loads(sys.argv[1])
keys = {
    name: docker.key_of(Service(name="x", kind=name, image=image), kind(name), place=place)
    for name, image in images.items()
}
print(json.dumps(keys))
"""

WARM = """
import json, os, sys
from pathlib import Path
from juncture.config import Service
from juncture.host.engine import locate
from juncture.providers.docker import server as docker
from juncture.services import kind
place = docker.Place(
    home=Path(os.environ["JUNCTURE_HOME"]), engine=locate(os.environ), environ=os.environ, idle=60.0, run="other"
)
reserved = docker.reserve(Service(name="redis", kind="redis", image=sys.argv[1]), kind("redis"), place=place)
server = reserved.start(promised=True)
print(json.dumps([server.started, [name for name in ("docker", "requests", "http.client") if name in sys.modules]]))
"""


def changed(reserved: ContainerServer, **changes: Any) -> str:
    """Return the key of a reservation whose recipe differs."""
    return ContainerServer(
        place=reserved.place,
        service=reserved.service,
        kind=reserved.kind,
        recipe=replace(reserved.recipe, **changes),
        reference=reserved.reference,
        image=reserved.image,
        volumes=reserved.volumes,
    )._family()


def test_second_start_finds_the_first_one_s_container(quay: Quay) -> None:
    """Whoever comes later gets the same container at the same port, and says that it did not make it."""
    first, second = quay.start(), quay.start()
    assert (first.started, second.started) == (True, False)
    assert (first.key, first.endpoint.port) == (second.key, second.endpoint.port)
    assert len(quay.names) == 1


@pytest.mark.parametrize("name", ["postgres", "nats"])
def test_other_kinds_are_reused_too(quay: Quay, name: str) -> None:
    """A container is ready when its own protocol's probe says so, and is found again."""
    first = quay.start(name)
    assert kind(name).probe(first.endpoint)[0] == name
    container = quay.id(first)
    assert quay.id(quay.start(name)) == container


def test_warm_start_needs_no_sdk(
    quay: Quay, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """Importing the SDK would take ten times as long as everything else that a warm start does."""
    quay.start()
    assert answers([child(WARM, IMAGES["redis"], home=quay.home)]) == [[False, []]]


def test_key_is_the_same_in_every_process(quay: Quay) -> None:
    """Neither the process's hash seed, nor the run or the idle time, is part of what makes a container."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", KEY, json.dumps(IMAGES)],
            env={**quay.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    (keys,) = map(json.loads, printed)
    assert keys == {name: quay.reserve(name).key for name in IMAGES}


def test_key_tells_apart_what_differs(quay: Quay) -> None:
    """Image, command, variables, files, folders in memory, health check and limits each make another container."""
    reserved = quay.reserve()
    keys = [
        reserved.key,
        quay.reserve(image=IMAGES["nats"]).key,
        quay.reserve(reuse="run", run="a").key,
        quay.reserve(reuse="run", run="b").key,
        changed(reserved, command=("redis-server",)),
        changed(reserved, environment=lambda _: {"A": "1"}),
        changed(reserved, files=lambda _: {"/a": "1"}),
        changed(reserved, tmpfs=("/data", "/other")),
        changed(reserved, health=("true",)),
        changed(reserved, memory=1),
    ]
    assert len(set(keys)) == len(keys)
    assert changed(reserved) == reserved.key


def test_key_holds_no_port_and_no_password(quay: Quay) -> None:
    """What is chosen or secret is left out, so that no chance decides about reuse."""
    reserved = quay.reserve()
    password = docker.password_of(quay.home, reserved.key)
    other = quay.reserve()
    other.port = reserved.port + 1
    assert other._family() == reserved.key
    assert password not in json.dumps([reserved.key, reserved.facts()])
    assert changed(reserved, environment=lambda password: {"P": password}) == changed(
        reserved, environment=lambda _: {"P": ""}
    )


def test_other_home_has_other_containers(quay: Quay, tmp_path: Path) -> None:
    """Two users of a machine, each with a home, never meet: neither by name nor by label."""
    other = docker.Place(home=tmp_path / "home", engine=quay.engine, environ=quay.environ, idle=1.0, run="run")
    service = Service(name="redis", kind="redis", image=IMAGES["redis"])
    assert docker.key_of(service, kind("redis"), place=other) != quay.reserve().key
    assert docker.home_id(other.home) != docker.home_id(quay.home)


def test_container_is_closed_to_others(quay: Quay) -> None:
    """Its ports are on loopback, its data is in memory, its means are limited, and no password is in sight."""
    for name in IMAGES:
        server = quay.start(name)
        found = quay.inspect(server)
        bindings = [one for each in found["HostConfig"]["PortBindings"].values() for one in each]
        assert [one["HostIp"] for one in bindings] == ["127.0.0.1"]
        host = found["HostConfig"]
        assert (bool(host["Tmpfs"]), host["Memory"] > 0, host["PidsLimit"] > 0) == (True, True, True)
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert server.endpoint.password not in json.dumps([found["Config"]["Cmd"], found["Config"]["Labels"]])
        assert not [mount for mount in found["Mounts"] if mount["Type"] == "volume"]


def test_labels_say_nothing_that_changes(quay: Quay) -> None:
    """A label can't be changed any more: readiness and the last use are written elsewhere."""
    labels = quay.inspect(quay.start())["Config"]["Labels"]
    ours = {name: value for name, value in labels.items() if name.startswith("juncture.")}
    server = quay.held[0]
    assert ours == {"juncture.home": docker.home_id(quay.home), "juncture.key": server.key, "juncture.kind": "redis"}


def test_each_process_has_a_slot_of_its_own(quay: Quay) -> None:
    """Two that use a server at once have a database each, and what one has flushed, the other still has."""
    first, second = quay.start(), quay.start()
    assert first.endpoint.database != second.endpoint.database
    for server in (first, second):
        with connect_redis(server.endpoint) as connection:
            connection.command("SELECT", server.endpoint.database)
            connection.command("SET", "key", server.endpoint.database)
    flush(first.endpoint)
    with connect_redis(second.endpoint) as connection:
        connection.command("SELECT", second.endpoint.database)
        assert connection.command("GET", "key") == second.endpoint.database


def test_postgres_has_cheap_connections_and_our_settings(quay: Quay) -> None:
    """A server in a container is set up like an embedded one."""
    server = quay.start("postgres")
    with connect_postgres(server.endpoint) as connection:
        assert connection.value("SHOW fsync") == "off"
        (secret,) = connection.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'juncture'")[0]
    assert (secret or "").startswith("SCRAM-SHA-256$")
