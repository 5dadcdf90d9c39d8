"""Tests of ``juncture.isolation.workspace`` with real servers, real processes and real kills."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.errors import ProviderError, StateError
from juncture.host import keeper, leases
from juncture.host.folders import lease_path
from juncture.isolation.names import KEPT, NAMESPACE
from juncture.isolation.orphans import lease_of
from juncture.isolation.workspace import Workspace, open_workspace, reserve_workspace
from juncture.services import redis
from juncture.services.postgres import at, connect
from juncture.services.postgres_databases import listed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.conftest import Child, Declare

    from juncture.config import Config
    from juncture.model import Endpoint

    Ask = Callable[[str, str], list[tuple[str | None, ...]]]
    Databases = Callable[[str], set[str]]

OPEN = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
root, project, worker, kept = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "kept"
config = parse(
    {"services": {"db": {"kind": "postgres", "seed": ["a.sql"]}, "cache": {"kind": "redis"}},
     "idle": "60s", "provider": "embedded"},
    root=root, kinds=schemas(), project=project, environ={}, overrides={},
)
with open_workspace(config, environ=dict(os.environ), worker=worker, kept=kept) as workspace:
    print(json.dumps([workspace.endpoints["db"].database, workspace.endpoints["cache"].port]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def both(declare: Declare, project: str, root: Path) -> Config:
    """Return a declaration of a seeded Postgres and a Redis."""
    (root / "a.sql").write_text("CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('apple');")
    return declare({"db": {"kind": "postgres", "seed": ["a.sql"]}, "cache": {"kind": "redis"}}, project=project)


@pytest.fixture
def workspace(both: Config, environ: dict[str, str]) -> Iterator[Workspace]:
    """Return a started workspace."""
    with open_workspace(both, environ=environ) as opened:
        yield opened


def rows(endpoint: Endpoint) -> list[str | None]:
    """Return the names in the table of fruit."""
    with connect(endpoint) as connection:
        return [name for (name,) in connection.query("SELECT name FROM fruit ORDER BY 1")]


@dataclass(frozen=True, slots=True)
class OtherRun:
    """Another process with a workspace of its own."""

    process: subprocess.Popen[str]
    database: str
    port: int

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()


class Run(Protocol):
    """Start another process that opens a workspace of the project ``both``."""

    def __call__(self, home: Path, *, idle: str = "60s") -> OtherRun:
        """Return it once its namespaces are there."""
        ...


@pytest.fixture
def run(both: Config, root: Path, child: Child) -> Run:
    """Return a function that starts another run; it is killed at the test's end."""

    def started(home: Path, *, idle: str = "60s") -> OtherRun:
        process = child(OPEN.replace("60s", idle), root, both.project, "gw0", "run", home=home)
        assert process.stdout is not None
        return OtherRun(process, *json.loads(process.stdout.readline()))

    return started


def test_environment_leads_to_the_namespaces(workspace: Workspace) -> None:
    """The declared variables have the URLs of this process's own database and server."""
    db, cache = workspace.endpoints["db"], workspace.endpoints["cache"]
    assert workspace.environment == {"DB_URL": db.url, "CACHE_URL": cache.url}
    assert db.url.endswith(f"/{db.database}")
    assert db.database.startswith(NAMESPACE)
    assert rows(db) == ["apple"]


def test_reserved_addresses_are_those_that_are_served(both: Config, environ: dict[str, str]) -> None:
    """The environment that is handed out before anything runs is right afterwards."""
    reserved = reserve_workspace(both, environ=environ, worker="main")
    promised = dict(reserved.environment)
    with reserved:
        reserved.start(promised=True)
        assert reserved.environment == promised


def test_workspaces_never_see_each_other(both: Config, environ: dict[str, str], workspace: Workspace) -> None:
    """Rows and keys of one are not there in the other, whatever either does."""
    with open_workspace(both, environ=environ) as other:
        with connect(workspace.endpoints["db"]) as connection:
            connection.query("DELETE FROM fruit; CREATE TABLE mine (i int)")
        with redis.connect(workspace.endpoints["cache"]) as client:
            client.command("SET", "key", "mine")
        assert rows(other.endpoints["db"]) == ["apple"]
        with redis.connect(other.endpoints["cache"]) as client:
            assert client.command("KEYS", "*") == []
        other.reset("cache")
    with redis.connect(workspace.endpoints["cache"]) as client:
        assert client.command("GET", "key") == "mine"
    assert rows(workspace.endpoints["db"]) == []


def test_redis_of_a_run_before_is_empty(both: Config, environ: dict[str, str]) -> None:
    """A warm server is emptied when it is taken: the run before may have been killed."""
    with open_workspace(both, environ=environ) as first, redis.connect(first.endpoints["cache"]) as client:
        port = first.endpoints["cache"].port
        client.command("SELECT", "7")
        client.command("SET", "key", "left")
    with open_workspace(both, environ=environ) as second, redis.connect(second.endpoints["cache"]) as client:
        assert second.endpoints["cache"].port == port
        client.command("SELECT", "7")
        assert client.command("DBSIZE") == 0


def test_second_start_does_nothing(workspace: Workspace) -> None:
    """Neither rows nor keys are lost."""
    with redis.connect(workspace.endpoints["cache"]) as client, connect(workspace.endpoints["db"]) as connection:
        client.command("SET", "key", "kept")
        connection.query("INSERT INTO fruit VALUES ('pear')")
        workspace.start()
        assert client.command("GET", "key") == "kept"
    assert rows(workspace.endpoints["db"]) == ["apple", "pear"]


def test_release_leaves_nothing_and_can_be_repeated(
    both: Config, environ: dict[str, str], databases: Databases, shared_home: Path
) -> None:
    """The database is dropped, its lease file is gone, and the slot is free again."""
    workspace = open_workspace(both, environ=environ)
    database = workspace.endpoints["db"].database
    slot, key = workspace.choices["cache"].slot, workspace.servers["cache"].key
    assert slot
    workspace.release()
    workspace.release()
    assert databases(database) == set()
    assert not lease_of(shared_home, database).exists()
    assert leases.holders(slot.path) == 0
    assert leases.holders(lease_path(shared_home, f"server-{key}")) == 0


def test_scratch_databases_are_empty_and_dropped(workspace: Workspace, databases: Databases, ask: Ask) -> None:
    """One that is discarded goes at once, another one with the workspace, connected or not."""
    first, second = workspace.scratch("db"), workspace.scratch("db")
    assert first.database != second.database
    assert ask(first.database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [("0",)]
    workspace.discard(first)
    assert databases(first.database) == set()
    with connect(second):
        workspace.release()
    assert databases(second.database) == set()
    with pytest.raises(StateError, match="a redis has no database of its own"):
        workspace.scratch("cache")


def test_killed_process_is_cleaned_up_after_and_a_live_one_is_not(
    run: Run, shared_home: Path, workspace: Workspace, databases: Databases
) -> None:
    """The database of the one goes with the next run's end; the other's, and our own, stay."""
    killed, live = run(shared_home), run(shared_home)
    assert killed.port != live.port
    killed.kill()
    deadline = time.monotonic() + 10
    while killed.database not in workspace.collect():
        assert time.monotonic() < deadline
    assert databases(killed.database) == set()
    assert not lease_of(shared_home, killed.database).exists()
    assert {live.database, workspace.endpoints["db"].database} <= databases(NAMESPACE)


def test_orphan_that_somebody_is_connected_to_stays_for_now(
    run: Run, shared_home: Path, workspace: Workspace, admin: Endpoint
) -> None:
    """What a killed run's application still uses is not torn from it, and nobody waits for it."""
    killed = run(shared_home)
    with connect(at(admin, killed.database)) as connection:
        killed.kill()
        began = time.monotonic()
        assert killed.database not in workspace.collect()
        assert time.monotonic() - began < 2
        assert connection.value("SELECT 1") == "1"
    deadline = time.monotonic() + 10
    while killed.database not in workspace.collect():
        assert time.monotonic() < deadline


def test_kept_namespaces_survive_everything(
    both: Config, environ: dict[str, str], workspace: Workspace, databases: Databases
) -> None:
    """A developer's rows and keys are there again, after the cleaning of any run."""
    with open_workspace(both, environ=environ, worker="dev", kept=True) as mine:
        database, port = mine.endpoints["db"].database, mine.endpoints["cache"].port
        assert database.startswith(KEPT)
        with connect(mine.endpoints["db"]) as connection, redis.connect(mine.endpoints["cache"]) as client:
            connection.query("INSERT INTO fruit VALUES ('pear')")
            client.command("SET", "key", "kept")
    assert database not in workspace.collect()
    assert database in databases(KEPT)
    with open_workspace(both, environ=environ, worker="dev", kept=True) as again:
        assert (again.endpoints["db"].database, again.endpoints["cache"].port) == (database, port)
        assert rows(again.endpoints["db"]) == ["apple", "pear"]
        with redis.connect(again.endpoints["cache"]) as client:
            assert client.command("GET", "key") == "kept"


def test_processes_that_open_a_kept_namespace_at_once_share_it(
    both: Config,
    root: Path,
    shared_home: Path,
    child: Child,
    answers: Callable[[list[subprocess.Popen[str]]], list[Any]],
) -> None:
    """Two shells of one checkout have the same database and server, whichever made them."""
    processes = [child(OPEN, root, both.project, "dev", "kept", home=shared_home) for _ in range(5)]
    assert len({tuple(answer) for answer in answers(processes)}) == 1


def held(home: Path) -> set[str]:
    """Return the names of the leases on servers and slots that somebody holds."""
    return {path.name for path in (home / "leases").glob("s*") if leases.holders(path)}


def test_half_start_gives_everything_back(
    declare: Declare, root: Path, environ: dict[str, str], databases: Databases, shared_home: Path
) -> None:
    """Where one service's state fails, the others' leases and slots are free again, and no database is left."""
    (root / "bad.sql").write_text("SELECT nothing")
    services: dict[str, dict[str, Any]] = {"cache": {"kind": "redis"}, "db": {"kind": "postgres", "seed": ["bad.sql"]}}
    before = held(shared_home), databases(NAMESPACE)
    with pytest.raises(StateError, match='column "nothing" does not exist'):
        open_workspace(declare(services), environ=environ)
    assert (held(shared_home), databases(NAMESPACE)) == before


def test_failed_reservation_gives_its_slots_back(both: Config, environ: dict[str, str], shared_home: Path) -> None:
    """Where the second service can't be had, the first one's server is not held for nothing."""
    good, bad = both.service("cache"), replace(both.service("db"), kind="nothing")
    before = held(shared_home)
    with pytest.raises(KeyError):
        reserve_workspace(replace(both, services=(good, bad)), environ=environ, worker="main")
    assert held(shared_home) == before


def test_unusable_home_is_told(both: Config, environ: dict[str, str]) -> None:
    """A file in the place of juncture's folder is an error with the next step."""
    with pytest.raises(ProviderError, match="can't use its own folder"):
        reserve_workspace(both, environ=environ | {"JUNCTURE_HOME": "/dev/null"}, worker="main")


def test_server_that_dies_in_between_is_told_and_release_is_quiet(
    both: Config, own_home: Path, environment_of: Callable[[Path], dict[str, str]]
) -> None:
    """A lost server is an error with a service's name; giving back what it had is none, and the next run works."""
    environ = environment_of(own_home)
    workspace = reserve_workspace(both, environ=environ, worker="main")
    workspace.prepare()
    _kill_all(own_home)
    with pytest.raises(StateError, match="could not be started, or its namespace not be made") as raised:
        workspace.start()
    assert raised.value.where == "service db"
    workspace.release()
    other = open_workspace(both, environ=environ)
    database = other.endpoints["db"].database
    _kill_all(own_home)
    other.release()
    other.release()
    with open_workspace(both, environ=environ) as again:
        assert database in {*again.collect(), database}
        assert rows(again.endpoints["db"]) == ["apple"]
        assert database not in listed(again.servers["db"].endpoint, [NAMESPACE])


def test_template_survives_a_killed_server(
    both: Config, own_home: Path, environment_of: Callable[[Path], dict[str, str]]
) -> None:
    """After SIGKILL of the server the next run migrates and seeds nothing."""
    environ = environment_of(own_home)
    with open_workspace(both, environ=environ) as first:
        assert first.states["db"].built
        with connect(first.servers["db"].endpoint) as connection:
            connection.query("CHECKPOINT")
        _kill_all(own_home)
    with open_workspace(both, environ=environ) as second:
        assert not second.states["db"].built
        assert rows(second.endpoints["db"]) == ["apple"]


def test_process_that_is_killed_in_ci_leaves_nothing_running(
    run: Run, own_home: Path, until: Callable[..., None], alive: Callable[[int], bool]
) -> None:
    """With no idle time the servers go as soon as the kernel has taken the dead process's leases, then the keeper."""
    other = run(own_home, idle="0s")
    pids = [server.pid for server in keeper.running(own_home)]
    assert len(pids) == 2
    other.kill()
    for pid in pids:
        until(lambda pid=pid: not alive(pid))
    until(lambda: leases.holders(lease_path(own_home, "keeper-2")) == 0)


def _kill_all(home: Path) -> None:
    for server in keeper.running(home):
        os.kill(server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while keeper.running(home):
        assert time.monotonic() < deadline
