"""Tests of ``juncture.services.mysql_databases`` and of templates on a MariaDB: killed builds, half copies, users."""

from __future__ import annotations

import json
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from programs import needs
from tests.integration.isolation.mysql.conftest import TABLES

from juncture.errors import StateError
from juncture.isolation.names import BUILD, KEPT
from juncture.isolation.workspace import open_workspace
from juncture.services.mysql_address import at, connect
from juncture.services.mysql_databases import clone, describe, drop, listed, retire, sealed, sizes, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.integration.conftest import Child
    from tests.integration.isolation.mysql.conftest import Open

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

pytestmark = needs("mariadbd")

OPEN = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
config = parse(
    {"services": {"db": {"kind": "mariadb", "seed": ["*.sql"]}}, "idle": "60s", "provider": "embedded"},
    root=Path(sys.argv[1]), kinds=schemas(), project="shop", environ={}, overrides={},
)
print("ready", flush=True)
with open_workspace(config, environ=dict(os.environ), worker="gw0") as workspace:
    print("done", flush=True)
"""


def test_template_is_found_again(seeded: Config, environ: Mapping[str, str], opened: Workspace) -> None:
    """The second process builds nothing."""
    assert opened.states["db"].built
    with open_workspace(seeded, environ=environ, worker="gw1") as again:
        assert (again.states["db"].built, again.states["db"].seconds) == (False, 0.0)
        assert again.endpoints["db"].database != opened.endpoints["db"].database


def test_migration_has_the_environment_of_its_database(open_mariadb: Open, root: Path) -> None:
    """The URL is that of the database being made, and what it made is in the clone."""
    (root / "run.sh").write_text('echo "$DB_URL" > url.txt')
    with open_mariadb(migrate="sh run.sh", watch=["run.sh"]):
        assert f"/{BUILD}" in (root / "url.txt").read_text()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("CREATE TABLE half (i INT); INSERT INTO nowhere VALUES (1)", "nowhere' doesn't exist"),
        ("DELIMITER //", "DELIMITER, are not"),
    ],
)
def test_failing_seed_is_told_and_leaves_nothing(
    open_mariadb: Open, root: Path, admin: Endpoint, sql: str, words: str
) -> None:
    """The error names the file and the reason; half a template is not left."""
    (root / "bad.sql").write_text(sql)
    before = set(listed(admin, [BUILD, "jt_"]))
    with pytest.raises(StateError, match=words) as raised:
        open_mariadb(seed=["bad.sql"])
    assert raised.value.where == "bad.sql"
    assert set(listed(admin, [BUILD, "jt_"])) == before


@pytest.mark.soak
def test_build_that_is_killed_leaves_no_half_template(
    root: Path, child: Child, shared_home: Path, open_mariadb: Open, rounds: Callable[[int, int], int]
) -> None:
    """At whatever moment a build or a copy is killed, what is used afterwards is whole."""
    dice = random.randrange(1_000_000)
    choice = random.Random(dice)
    for number in range(rounds(4, 50)):
        for table in range(8):
            (root / f"{table}.sql").write_text(f"CREATE TABLE t{table} (i INT); INSERT INTO t{table} VALUES ({number})")
        victim = child(OPEN, root, home=shared_home)
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        deadline = time.monotonic() + choice.uniform(0.0, 0.4)
        while time.monotonic() < deadline:
            time.sleep(0.002)
        victim.kill()
        assert victim.wait() in {0, -signal.SIGKILL}
        with open_mariadb(seed=["*.sql"]) as workspace:
            with connect(workspace.endpoints["db"]) as connection:
                rows = [connection.value(f"SELECT i FROM t{table}") for table in range(8)]
            assert rows == [str(number)] * 8, f"dice {dice}, round {number}"
            workspace.collect()


def test_kept_database_that_was_not_finished_is_made_anew(seeded: Config, environ: Mapping[str, str]) -> None:
    """A killed `services.up` leaves a copy without its end; the next one sees that, and keeps what is whole."""
    with open_workspace(seeded, environ=environ, worker="dev", kept=True) as workspace:
        admin, name = workspace.servers["db"].endpoint, workspace.endpoints["db"].database
        assert name.startswith(KEPT)
        with connect(workspace.endpoints["db"]) as connection:
            connection.query("CREATE TABLE juncture_unfinished (of INT); DROP TABLE loans")
        place = workspace.endpoints["db"]
    assert not whole(admin, name)
    with open_workspace(seeded, environ=environ, worker="dev", kept=True), connect(place) as connection:
        assert {row[0] for row in connection.query("SHOW TABLES")} >= set(TABLES)
        connection.query("INSERT INTO audit VALUES ('mine')")
    with open_workspace(seeded, environ=environ, worker="dev", kept=True), connect(place) as connection:
        assert connection.value("SELECT 1 FROM audit WHERE what = 'mine'") == "1"
    drop(admin, name, force=True)


def test_force_cuts_off_whoever_is_connected(admin: Endpoint) -> None:
    """Without it, a database that somebody uses stays; what is not there is no error."""
    clone(admin, "", "in_use")
    with connect(at(admin, "in_use")) as connection:
        connection.query("CREATE TABLE t (i INT); BEGIN; INSERT INTO t VALUES (1)")
        assert listed(admin, ["in_use"]) == {"in_use": True}
        assert not drop(admin, "in_use", force=False)
        assert drop(admin, "in_use", force=True)
    assert listed(admin, ["in_use"]) == {}
    assert drop(admin, "in_use", force=False)


def test_every_object_is_described(database: Endpoint) -> None:
    """A table without what it counted to, a trigger with the table that it goes away with."""
    found = {str(thing): (thing.of, sql) for thing, sql in describe(database).items()}
    assert set(found) >= {"table authors", "view zebra", "function twice", "procedure add_author", "event nightly"}
    assert found["trigger audited"][0] == "table books"
    assert "AUTO_INCREMENT=" not in found["table authors"][1]


def test_sizes_are_bytes(admin: Endpoint) -> None:
    """An empty database has none."""
    clone(admin, "", "size_0")
    clone(admin, "", "size_1")
    with connect(at(admin, "size_1")) as connection:
        connection.query("CREATE TABLE t (i INT)")
    found = sizes(admin, ["size_"], 5.0)
    assert found["size_0"] == 0
    assert (found["size_1"] or 0) > 0
    for name in found:
        drop(admin, name, force=True)


def test_template_without_its_seal_is_none(opened: Workspace, admin: Endpoint) -> None:
    """It is made from the last row that a build writes."""
    template = opened.states["db"].template
    assert sealed(admin, template)
    with connect(at(admin, template)) as connection:
        (row,) = connection.query("SELECT body FROM juncture_template_2")
        assert json.loads(str(row[0]))["tables"]
        connection.query("DELETE FROM juncture_template_2")
    assert not sealed(admin, template)
    assert not sealed(admin, "no_such_template")
    assert retire(admin, template)
