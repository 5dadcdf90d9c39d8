"""Tests of ``juncture.provisioning.survey`` with containers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from engines import docker
from quay import IMAGES

from juncture.errors import LeaseError, ProviderError
from juncture.isolation.census import count
from juncture.isolation.workspace import open_workspace
from juncture.provisioning.survey import container_logs, status, stop, unseen
from juncture.services.postgres import connect
from juncture.services.wire.postgres import PostgresError
from juncture.tasks._logs import EngineTail

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from quay import Quay

    from juncture.config import Config


def test_what_does_not_run_is_shown_with_its_image(quay: Quay, docked: Callable[..., Config]) -> None:
    """A service that would be a container has a row that names the image, and says where the engine lacks it."""
    config = docked("redis", "nats", nats={"image": "juncture-test/none:9"})
    rows = status(config, environ=quay.environ)
    assert [(row.service, row.provider, row.state, row.image, row.version) for row in rows] == [
        ("redis", "docker", "stopped", "juncture-test/redis:7", "7"),
        ("nats", "docker", "no image", "juncture-test/none:9", "9"),
    ]
    assert container_logs(config, environ=quay.environ) == {"redis": [], "nats": []}
    assert stop(config, environ=quay.environ) == []
    assert unseen(quay.environ) == ""


def test_image_is_called_what_the_declaration_calls_it(quay: Quay, docked: Callable[..., Config]) -> None:
    """The same image may have further names, in the registry that it was pushed to say."""
    further = "127.0.0.1:1/juncture-test/redis:7"
    docker("tag", IMAGES["redis"], further)
    try:
        config = docked("redis")
        with open_workspace(config, environ=quay.environ, worker="main"):
            assert [row.image for row in status(config, environ=quay.environ)] == [IMAGES["redis"]]
    finally:
        docker("rmi", "--no-prune", further)


def test_running_containers_are_shown(quay: Quay, docked: Callable[..., Config]) -> None:
    """State, image, address, age, users, namespaces and memory are those of the containers."""
    config = docked("postgres", "redis")
    with (
        open_workspace(config, environ=quay.environ, worker="gw0") as workspace,
        open_workspace(config, environ=quay.environ, worker="gw1"),
    ):
        database, cache = status(config, environ=quay.environ, count=count)
        assert (database.state, database.image, database.provider) == ("running", "juncture-test/postgres:15", "docker")
        assert database.address == f"127.0.0.1:{workspace.endpoints['postgres'].port}"
        assert (database.leases, database.namespaces, database.current, database.pid) == (2, 2, True, None)
        assert (cache.leases, cache.namespaces) == (2, 2)
        assert database.age is not None
        assert 0 <= database.age < 120
        assert database.size is not None
        assert database.size > 10_000_000
        with pytest.raises(LeaseError, match=r"still in use: postgres-\w+, redis-\w+\n"):
            stop(config, environ=quay.environ)
        assert len(quay.names) == 2
    database, cache = status(config, environ=quay.environ, count=count)
    assert (database.leases, database.namespaces, cache.namespaces) == (0, 0, 0)


@pytest.mark.parametrize("verb", ["stop", "pause"])
def test_container_that_does_not_answer_is_shown_and_stopped(
    quay: Quay, docked: Callable[..., Config], verb: str
) -> None:
    """One that ended or is paused is seen in the engine's words, and goes when the services are stopped."""
    config = docked("redis")
    with open_workspace(config, environ=quay.environ) as workspace:
        server = workspace.servers["redis"]
    quay.do(server, verb)
    (row,) = status(config, environ=quay.environ, count=count)
    assert (row.state, row.namespaces) == ({"stop": "exited", "pause": "paused"}[verb], None)
    assert stop(config, environ=quay.environ) == [server.key]
    assert quay.names == set()
    assert [row.state for row in status(config, environ=quay.environ)] == ["stopped"]


def test_old_container_is_shown_and_stopped_too(quay: Quay, docked: Callable[..., Config]) -> None:
    """After a change of the declaration the one from before is still known as this service's, and as old."""
    with open_workspace(docked("redis"), environ=quay.environ) as before:
        config = docked("redis", redis={"image": "juncture-test/postgres:15", "kind": "postgres"})
        with open_workspace(config, environ=quay.environ) as now:
            rows = status(config, environ=quay.environ)
            assert [(row.kind, row.current) for row in rows] == [("redis", False), ("postgres", True)]
            assert [log.container for log in container_logs(config, environ=quay.environ)["redis"]] == [
                f"juncture-{each.servers['redis'].key}" for each in (before, now)
            ]
    assert len(stop(config, environ=quay.environ)) == 2
    assert quay.names == set()


def test_container_of_another_project_is_not_this_one_s(quay: Quay, docked: Callable[..., Config]) -> None:
    """What another project alone uses is shown on request, and never stopped from here."""
    with open_workspace(docked("redis"), environ=quay.environ) as workspace:
        server = workspace.servers["redis"]
    config = docked("nats")
    assert [row.service for row in status(config, environ=quay.environ)] == ["nats"]
    every = status(config, environ=quay.environ, every=True)
    assert [(row.service, row.kind, row.state) for row in every] == [
        ("nats", "nats", "stopped"),
        ("", "redis", "running"),
    ]
    assert stop(config, environ=quay.environ) == []
    assert quay.names == {f"juncture-{server.key}"}


def test_log_of_a_container_is_read_and_followed(quay: Quay, docked: Callable[..., Config]) -> None:
    """The last lines are shown once, and then every new one once."""
    config = docked("postgres")
    with open_workspace(config, environ=quay.environ) as workspace:
        (log,) = container_logs(config, environ=quay.environ)["postgres"]
        tail = EngineTail("db", log)
        shown = tail.last(2)
        assert len(shown) == 2
        assert tail.new() == []
        with connect(workspace.endpoints["postgres"]) as connection:
            for word in ("eins", "zwei"):
                with pytest.raises(PostgresError):
                    connection.query(word)
        found: list[str] = []
        deadline = time.monotonic() + 10
        while len(found) < 4 and time.monotonic() < deadline:
            found += tail.new()
        assert [line.partition("near ")[2][:6] for line in found if "ERROR" in line] == ['"eins"', '"zwei"']
        assert EngineTail("db", log).last(0) == []
        unread = EngineTail("db", log)
        unread.last(0)
        assert unread.new() == []


def test_engine_that_is_gone_is_told(quay: Quay, docked: Callable[..., Config], tmp_path: Path) -> None:
    """Where the engine that had the containers does not answer, a stop fails, and so does nothing else."""
    config = docked("redis")
    open_workspace(config, environ=quay.environ).release()
    elsewhere = {**quay.environ, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}
    assert [row.state for row in status(config, environ=elsewhere)] == ["stopped"]
    assert unseen(elsewhere) == f"no Docker engine is at unix://{tmp_path}/docker.sock"
    with pytest.raises(ProviderError, match="no Docker engine is at"):
        stop(config, environ=elsewhere)
    assert len(quay.names) == 1
