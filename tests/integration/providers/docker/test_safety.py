"""Tests of what is never touched: the servers of strangers, at whatever port they are."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from quay import IMAGES

from juncture.errors import StartError
from juncture.providers.docker.places import Known, known_path
from juncture.services import kind
from juncture.services.kinds import NotReadyError
from juncture.services.redis import connect as connect_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quay import Quay

    from juncture.model import Endpoint

STRANGERS = {
    "redis without a password": ("redis", 6379, ["redis-server", "--protected-mode", "no"], {}),
    "redis with another password": ("redis", 6379, ["redis-server", "--requirepass", "theirs"], {}),
    "nats without a password": ("nats", 4222, ["-js"], {}),
    "nats with another password": ("nats", 4222, ["-js", "--user", "juncture", "--pass", "theirs"], {}),
    "postgres that trusts everybody": (
        "postgres",
        5432,
        [],
        {"POSTGRES_HOST_AUTH_METHOD": "trust", "POSTGRES_USER": "juncture"},
    ),
    "postgres with another password": (
        "postgres",
        5432,
        [],
        {"POSTGRES_PASSWORD": "theirs", "POSTGRES_USER": "juncture"},
    ),
}


@contextmanager
def stranger(name: str) -> Iterator[int]:
    """Give the port of somebody else's server, once it takes connections."""
    what, inside, command, variables = STRANGERS[name]
    words = [word for variable, value in variables.items() for word in ("--env", f"{variable}={value}")]
    argv = ["docker", "run", "--rm", "--detach", "--publish", f"127.0.0.1::{inside}", *words, IMAGES[what], *command]
    container = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    try:
        argv = ["docker", "port", container, str(inside)]
        said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        yield int(said.splitlines()[0].rpartition(":")[2])
    finally:
        subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)


@pytest.mark.parametrize("name", STRANGERS)
def test_server_of_a_stranger_is_not_taken_for_ours(quay: Quay, name: str, until: Callable[..., None]) -> None:
    """Neither one that refuses our password nor one that takes any: we have been asked for it, and it knew it."""
    what = STRANGERS[name][0]
    ours = quay.reserve(what).admin
    with stranger(name) as port:
        theirs = replace(ours, port=port)
        until(lambda: listens(theirs), within=30)
        with pytest.raises(StartError, match=r"refuses the connection|lets in whoever comes"):
            kind(what).probe(theirs)


def test_stranger_at_a_remembered_port_is_left_alone(quay: Quay) -> None:
    """Our container is gone, and somebody else's server is where it was: ours gets another port."""
    server = quay.start()
    quay.release()
    with stranger("redis without a password") as port:
        known = known_path(quay.home, server.key)
        Known(quay.id(server), port).write(known)
        quay.engine.remove(f"juncture-{server.key}")
        with connect_redis(open_at(server.endpoint, port)) as connection:
            connection.command("SET", "theirs", "1")
        again = quay.start()
        assert again.endpoint.port != port
        with connect_redis(open_at(server.endpoint, port)) as connection:
            assert connection.command("GET", "theirs") == "1"


def open_at(endpoint: Endpoint, port: int) -> Endpoint:
    """Return the address of a server that wants no password."""
    return replace(endpoint, port=port, password="", user="")


def listens(endpoint: Endpoint) -> bool:
    """Tell whether a server answers, whatever it says."""
    try:
        kind(endpoint.kind).probe(endpoint)
    except NotReadyError:
        return False
    except StartError:
        return True
    return True
