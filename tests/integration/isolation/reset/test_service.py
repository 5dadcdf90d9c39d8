"""Tests of databases that are reset, from the declaration on: templates, workspaces, and workers that are killed."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from juncture.errors import StateError
from juncture.isolation.names import NAMESPACE
from juncture.isolation.workspace import open_workspace
from juncture.services.postgres import connect
from juncture.services.postgres_databases import listed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Child
    from tests.integration.isolation.conftest import Ensure

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

    Open = Callable[..., Workspace]

FRUIT = "CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('apple')"

LOAD = """
import os
from urllib.parse import urlsplit
from juncture.services.wire.postgres import PostgresConnection
def load():
    url = urlsplit(os.environ["DB_URL"])
    with PostgresConnection(
        url.hostname, url.port, user=url.username, password=url.password, database=url.path[1:]
    ) as connection:
        connection.query("INSERT INTO fruit VALUES ('pear')")
"""

WORKER = """
import os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
table = {"services": {"db": {"kind": "postgres", "seed": ["fruit.sql"]}}, "provider": "embedded", "idle": "60s"}
config = parse(table, root=Path(sys.argv[1]), kinds=schemas(), project=sys.argv[2], environ={}, overrides={})
workspace = open_workspace(config, environ=dict(os.environ), worker="gw0")
while True:
    workspace.ask_fresh("db")
    workspace.reset("db")
    print(workspace.endpoints["db"].database, flush=True)
"""


def rows(workspace: Workspace) -> list[tuple[str | None, ...]]:
    """Return the fruits of a workspace's database."""
    with connect(workspace.endpoints["db"]) as connection:
        return connection.query("SELECT name FROM fruit ORDER BY 1")


@pytest.fixture
def fruit(root: Path) -> None:
    """Write a seed file, and a module with a seed that is a function."""
    (root / "fruit.sql").write_text(FRUIT)
    (root / "seeds.py").write_text(LOAD)


@pytest.mark.usefixtures("fruit")
def test_functions_are_called_in_their_place(open_database: Open) -> None:
    """After the file that they need, with the variables of the database that is being made."""
    with open_database(seed=["fruit.sql", "seeds:load"]) as workspace:
        assert rows(workspace) == [("apple",), ("pear",)]
        assert workspace.states["db"].made_from == "1 seed file + seeds:load"


@pytest.mark.usefixtures("fruit")
def test_changed_function_is_noticed(database_of: Callable[..., Config], ensure: Ensure, root: Path) -> None:
    """A template is named after the source of what filled it; so it is after the way that it is reset."""
    first = ensure(database_of(seed=["fruit.sql", "seeds:load"]))
    assert not ensure(database_of(seed=["fruit.sql", "seeds:load"])).built
    (root / "seeds.py").write_text(LOAD.replace("pear", "plum"))
    assert ensure(database_of(seed=["fruit.sql", "seeds:load"])).template != first.template
    (root / "seeds.py").write_text(LOAD)
    assert ensure(database_of(seed=["fruit.sql", "seeds:load"], reset="none")).template != first.template


@pytest.mark.usefixtures("fruit")
def test_failing_function_is_told(database_of: Callable[..., Config], ensure: Ensure) -> None:
    """With its name and the end of what it said."""
    with pytest.raises(StateError, match="'seeds' has no attribute 'nothing'") as raised:
        ensure(database_of(seed=["fruit.sql", "seeds:nothing"]))
    assert raised.value.where == "service db: seeds:nothing"


@pytest.mark.usefixtures("fruit")
def test_what_processes_wrote_when_they_started_stays(open_database: Open) -> None:
    """It is the state that a reset goes back to."""
    with open_database(seed=["fruit.sql"]) as workspace:
        with connect(workspace.endpoints["db"]) as connection:
            connection.query("INSERT INTO fruit VALUES ('fig'); CREATE TABLE own (i int)")
        workspace.namespaces["db"].settle()
        with connect(workspace.endpoints["db"]) as connection:
            connection.query("INSERT INTO own VALUES (1); DELETE FROM fruit")
        workspace.reset("db")
        assert rows(workspace) == [("apple",), ("fig",)]
        assert workspace.cleaners["db"].usage.counts == {"rows": 1}


@pytest.mark.usefixtures("fruit")
def test_database_to_work_in_by_hand_has_nothing_of_ours(
    database_of: Callable[..., Config], environ: dict[str, str]
) -> None:
    """No schema, no trigger, and no reset."""
    config = database_of(seed=["fruit.sql"])
    with open_workspace(config, environ=environ, worker="dev", kept=True) as workspace:
        with connect(workspace.endpoints["db"]) as connection:
            connection.query("INSERT INTO fruit VALUES ('fig')")
            for catalog in ("pg_event_trigger", "pg_trigger", "pg_namespace WHERE nspname = 'juncture_state'"):
                assert connection.query(f"SELECT FROM {catalog}") == []
        workspace.reset("db")
        assert rows(workspace) == [("apple",), ("fig",)]


def test_database_without_a_template_is_left_alone(open_database: Open) -> None:
    """Nobody knows what it should be."""
    with open_database() as workspace:
        assert workspace.cleaners == {}
        with pytest.raises(StateError, match="is not reset"):
            workspace.ask_fresh("db")


@pytest.mark.usefixtures("fruit")
def test_killed_worker_leaves_no_copies(  # noqa: PLR0913, PLR0917 - a process, and where to look for what it leaves
    open_database: Open,
    root: Path,
    project: str,
    child: Child,
    shared_home: Path,
    admin: Endpoint,
    until: Callable[..., None],
) -> None:
    """While a pool is filled and databases change their names, too: the next run drops them all."""
    process = child(WORKER, root, project, home=shared_home)
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    for _ in range(3):
        assert process.stdout.readline().strip() == name
    process.kill()
    assert process.wait() == -signal.SIGKILL
    prefix = f"{NAMESPACE}{project}"
    assert name in listed(admin, [prefix])
    with open_database(seed=["fruit.sql"]) as workspace:

        def are_gone() -> bool:
            workspace.collect()  # what the server had begun for it may still be on its way
            return set(listed(admin, [prefix])) == {workspace.endpoints["db"].database}

        until(are_gone, within=20)
    assert not listed(admin, [prefix])
