"""Tests of namespaces on servers in containers: what a killed process left there, nobody sees and nobody keeps."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from quay import IMAGES

from juncture.isolation.names import NAMESPACE
from juncture.isolation.workspace import open_workspace
from juncture.services.nats import _streams as streams
from juncture.services.nats import connect as connect_nats
from juncture.services.postgres import at
from juncture.services.postgres import connect as connect_postgres
from juncture.services.postgres_databases import clone, listed
from juncture.services.redis import connect as connect_redis

if TYPE_CHECKING:
    from pathlib import Path

    from quay import Quay
    from tests.integration.conftest import Child, Declare

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace

LITTER = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
from juncture.services.nats import _ask, connect as connect_nats
from juncture.services.redis import connect as connect_redis
from juncture.services.postgres import connect as connect_postgres
table, root = json.loads(sys.argv[1]), Path(sys.argv[2])
config = parse(table, root=root, kinds=schemas(), project="shop", environ={}, overrides={})
workspace = open_workspace(config, environ=dict(os.environ), worker="gw0")
ends = workspace.endpoints
if "cache" in ends:
    with connect_redis(ends["cache"]) as connection:
        connection.command("SELECT", ends["cache"].database)
        connection.command("SET", "left", "1")
if "events" in ends:
    with connect_nats(ends["events"]) as connection:
        _ask(connection, "STREAM.CREATE.LEFT", name="LEFT", subjects=["left"], storage="memory")
if "db" in ends:
    held = connect_postgres(ends["db"])
    held.query("CREATE TABLE litter ()")
print(json.dumps({name: [end.port, end.user, end.database] for name, end in ends.items()}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def table() -> dict[str, object]:
    """Return the declaration of a service of each kind, in containers."""
    names = {"db": "postgres", "cache": "redis", "events": "nats"}
    services = {name: {"kind": kind, "image": IMAGES[kind]} for name, kind in names.items()}
    return {"services": services, "idle": "60s", "provider": "docker"}


@pytest.fixture
def config(declare: Declare, table: dict[str, object]) -> Config:
    """Return the declaration of all of them."""
    services = table["services"]
    assert isinstance(services, dict)
    return declare(services, provider="docker")


def opened(quay: Quay, config: Config, worker: str = "gw0") -> Workspace:
    """Return a workspace of a run that begins now."""
    return open_workspace(config, environ=dict(quay.environ), worker=worker)


def test_nothing_that_a_killed_process_left_is_seen(
    quay: Quay, config: Config, table: dict[str, object], root: Path, child: Child
) -> None:
    """The next one gets the same database of Redis and the same account of NATS, and finds both empty."""
    process = child(LITTER, json.dumps(table), root, home=quay.home)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    told = json.loads(line)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    with opened(quay, config) as workspace:
        cache, events, db = (workspace.endpoints[name] for name in ("cache", "events", "db"))
        assert [cache.port, cache.database] == [told["cache"][0], told["cache"][2]]
        assert [events.port, events.user] == told["events"][:2]
        with connect_redis(cache) as connection:
            connection.command("SELECT", cache.database)
            assert connection.command("DBSIZE") == 0
        with connect_nats(events) as nats:
            assert list(streams(nats)) == []
        with connect_postgres(db) as sql:
            assert sql.value("SELECT to_regclass('litter')") is None
        assert workspace.collect() == [told["db"][2]]
        admin = workspace.servers["db"].endpoint
    assert listed(admin, [NAMESPACE]) == {}


def test_namespaces_of_those_that_live_are_left_alone(
    quay: Quay, config: Config, table: dict[str, object], root: Path, child: Child
) -> None:
    """A second run at the same time has others, empties its own, and collects nothing of the first one's."""
    process = child(LITTER, json.dumps(table), root, home=quay.home)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    told = json.loads(line)
    with opened(quay, config) as workspace:
        ends = workspace.endpoints
        assert ends["cache"].database != told["cache"][2]
        assert ends["events"].user != told["events"][1]
        for name in ("cache", "events"):
            workspace.reset(name)
        assert workspace.collect() == []
        with connect_redis(ends["cache"]) as connection:
            connection.command("SELECT", told["cache"][2])
            assert connection.command("GET", "left") == "1"
        with connect_postgres(at(workspace.servers["db"].endpoint, told["db"][2])) as sql:
            assert sql.value("SELECT to_regclass('litter')") == "litter"


def test_orphan_database_that_somebody_is_connected_to_stays(quay: Quay, config: Config) -> None:
    """It is dropped without FORCE: what looks like an orphan, but is in use, refuses by itself."""
    with opened(quay, config) as workspace:
        admin = workspace.servers["db"].endpoint
        orphan = f"{NAMESPACE}shop_db_orphan"
        clone(admin, "", orphan)
        with connect_postgres(at(admin, orphan)) as user:
            assert workspace.collect() == []
            assert user.value("SELECT 1") == "1"
        assert workspace.collect() in ([orphan], [])  # its backend may need a moment to go


def test_keys_of_killed_processes_go_with_the_next_run(
    quay: Quay, config: Config, table: dict[str, object], root: Path, child: Child
) -> None:
    """What two killed processes left in Redis, one run's end empties, and not what is kept for a developer."""
    processes = [child(LITTER, json.dumps(table), root, home=quay.home) for _ in range(2)]
    told = []
    for process in processes:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        told.append(json.loads(line))
    with open_workspace(config, environ=dict(quay.environ), worker="dev", kept=True) as workspace:
        kept = workspace.endpoints["cache"].database
        with connect_redis(workspace.endpoints["cache"]) as connection:
            connection.command("SELECT", kept)
            connection.command("SET", "kept", "1")
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with opened(quay, config) as workspace:
        mine = workspace.endpoints["cache"].database
        left = sorted(f"cache {each['cache'][2]}" for each in told if each["cache"][2] != mine)
        assert [name for name in workspace.collect() if name.startswith("cache")] == left != []
        with connect_redis(workspace.servers["cache"].endpoint) as connection:
            assert str(connection.command("INFO", "keyspace")).split()[2].startswith(f"db{kept}:keys=1")
