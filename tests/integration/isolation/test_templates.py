"""Tests of ``juncture.isolation.templates``: how one is built, on a real server, with real commands and real kills."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.errors import StateError
from juncture.isolation import templates
from juncture.isolation.names import BUILD, TEMPLATE
from juncture.isolation.orphans import collect_orphans
from juncture.services.postgres import at, connect
from juncture.services.postgres_databases import DATABASES, clone, drop
from juncture.services.wire.postgres import PostgresError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping

    from tests.integration.conftest import Child
    from tests.integration.isolation.conftest import Ensure

    from juncture.config import Config
    from juncture.isolation.templates import State
    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

    DatabaseOf = Callable[..., Config]
    Databases = Callable[[str], set[str]]
    Ask = Callable[[str, str], list[tuple[str | None, ...]]]

MIGRATE = """
import os
from pathlib import Path
from urllib.parse import urlsplit
from juncture.services.wire.postgres import PostgresConnection
url = urlsplit(os.environ["DB_URL"])
with Path("built.log").open("a") as log:
    log.write("built\\n")
with PostgresConnection(
    url.hostname, url.port, user=url.username, password=url.password, database=url.path[1:]
) as connection:
    connection.query("CREATE TABLE fruit (name text PRIMARY KEY)")
    connection.query("SELECT pg_sleep(0.2)")
    print("migrated", url.path[1:])
"""

OPEN = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
root, project, tables = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
config = parse(
    {"services": {"db": {"kind": "postgres"} | tables}, "env": {"DB_URL": "{db.url}"},
     "idle": "60s", "provider": "embedded"},
    root=root, kinds=schemas(), project=project, environ={}, overrides={},
)
print("ready", flush=True)
sys.stdin.readline()
with open_workspace(config, environ=dict(os.environ), worker="gw0") as workspace:
    state = workspace.states["db"]
    print(json.dumps([state.template, state.built]), flush=True)
"""


class Start(Protocol):
    """Start a process that waits for a line, and then opens a workspace with the database of these keys."""

    def __call__(self, keys: Mapping[str, Any]) -> subprocess.Popen[str]:
        """Return the process, ready for its line."""
        ...


@pytest.fixture
def start(root: Path, project: str, shared_home: Path, child: Child) -> Start:
    """Return a function that starts such a process."""

    def started(keys: Mapping[str, Any]) -> subprocess.Popen[str]:
        process = child(OPEN, root, project, json.dumps(keys), home=shared_home)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    return started


def go(*processes: subprocess.Popen[str]) -> None:
    """Let processes that wait for a line begin."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


@pytest.fixture
def migrating(root: Path) -> dict[str, Any]:
    """Return the keys of a service that runs a migration command and two seed files."""
    (root / "migrate.py").write_text(MIGRATE)
    (root / "1.sql").write_text("INSERT INTO fruit VALUES ('apple');")
    (root / "2.sql").write_text("INSERT INTO fruit SELECT name || 's' FROM fruit;")
    return {"migrate": f"{sys.executable} migrate.py", "watch": ["migrate.py"], "seed": ["1.sql", "2.sql"]}


def test_template_is_migrated_seeded_and_sealed(
    database_of: DatabaseOf, migrating: dict[str, Any], ensure: Ensure, admin: Endpoint, ask: Ask
) -> None:
    """Nobody can connect to it or change it, and a clone of it has everything."""
    state = ensure(database_of(**migrating))
    assert (state.built, state.made_from) == (True, f"{sys.executable} migrate.py + 2 seed files")
    with pytest.raises(PostgresError, match="not currently accepting connections"):
        connect(at(admin, state.template))
    copy = f"{state.template}_clone"
    clone(admin, state.template, copy)
    assert ask(copy, "SELECT name FROM fruit ORDER BY 1") == [("apple",), ("apples",)]
    assert drop(admin, copy, force=False)


def test_template_is_built_again_only_for_another_state(
    database_of: DatabaseOf, migrating: dict[str, Any], ensure: Ensure, root: Path
) -> None:
    """The second time nothing runs; a changed seed file is noticed; changed back, the first one is still there."""
    first = ensure(database_of(**migrating))
    second = ensure(database_of(**migrating))
    assert (second.template, second.built, second.seconds) == (first.template, False, 0.0)
    seed = (root / "1.sql").read_text()
    (root / "1.sql").write_text("INSERT INTO fruit VALUES ('pear');")
    third = ensure(database_of(**migrating))
    assert (third.template != first.template, third.built) == (True, True)
    (root / "1.sql").write_text(seed)
    assert ensure(database_of(**migrating)).built is False
    assert (root / "built.log").read_text() == "built\n" * 2


def test_eight_processes_build_one_template_once(
    migrating: dict[str, Any],
    root: Path,
    start: Start,
    answers: Callable[[list[subprocess.Popen[str]]], list[Any]],
) -> None:
    """The command runs once; those that waited use what the first one made."""
    processes = [start(migrating) for _ in range(8)]
    go(*processes)
    found = answers(processes)
    assert len({template for template, _ in found}) == 1
    assert sorted(built for _, built in found) == [False] * 7 + [True]
    assert (root / "built.log").read_text() == "built\n"


@pytest.fixture
def slow(root: Path) -> Callable[[int], Mapping[str, Any]]:
    """Return a function that writes another version of eight seed files, which take 0.1 s together."""

    def write(version: int) -> Mapping[str, Any]:
        for number in range(8):
            text = f"CREATE TABLE t{number} (i int); SELECT pg_sleep(0.015); -- {version}"
            (root / f"{number}.sql").write_text(text)
        return {"seed": ["*.sql"]}

    return write


@pytest.mark.soak
def test_build_that_is_killed_leaves_no_half_template(
    slow: Callable[[int], Mapping[str, Any]],
    start: Start,
    open_database: Callable[..., Workspace],
    rounds: Callable[[int, int], int],
    databases: Databases,
) -> None:
    """At whatever moment a build is killed: what is used afterwards is whole, and the rest is taken away."""
    seed = random.randrange(1_000_000)
    choice = random.Random(seed)
    built = 0
    for number in range(rounds(10, 50)):
        keys = slow(number)
        victim = start(keys)
        go(victim)
        deadline = time.monotonic() + choice.uniform(0.0, 0.3)
        while time.monotonic() < deadline:
            time.sleep(0.002)
        victim.kill()
        assert victim.wait() in {0, -signal.SIGKILL}, victim.communicate()
        with open_database(**keys) as workspace, connect(workspace.endpoints["db"]) as connection:
            built += workspace.states["db"].built
            tables = connection.query("SELECT relname FROM pg_class WHERE relname ~ '^t[0-9]$'")
            assert len(tables) == 8, f"seed {seed}, round {number}"
    assert built > 0
    with open_database() as workspace:
        deadline = time.monotonic() + 10
        while databases(BUILD):
            workspace.collect()
            assert time.monotonic() < deadline, "half templates are left"
            time.sleep(0.02)


def test_build_that_still_runs_is_not_collected(admin: Endpoint, shared_home: Path, databases: Databases) -> None:
    """Another run's cleaning leaves the database alone that a template is being made in."""
    with templates._workshop(admin, shared_home) as database:
        assert collect_orphans(DATABASES, admin, shared_home) == []
        assert database.database in databases(BUILD)
    assert database.database in collect_orphans(DATABASES, admin, shared_home)
    assert database.database not in databases(BUILD)


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        ({"migrate": "sh -c 'echo no such table; exit 3'"}, "service db: sh -c", "exit code 3\n  | no such table"),
        ({"migrate": "no-such-program"}, "service db: no-such-program", "No such file"),
        ({"seed": ["1.sql", "bad.sql"]}, "bad.sql", 'relation "nowhere" does not exist'),
        ({"seed": ["latin.sql"]}, "latin.sql", "it is not UTF-8"),
        ({"seed": ["psql.sql"]}, "psql.sql", "syntax error"),
    ],
)
@pytest.mark.usefixtures("bad_seeds", "nothing_is_left")
def test_failing_state_is_told_and_leaves_no_database(
    attempt: Callable[..., State], changes: dict[str, Any], where: str, words: str
) -> None:
    """The error names command or file and the reason; neither a template nor half of one is there afterwards."""
    with pytest.raises(StateError) as raised:
        attempt(**changes)
    assert raised.value.where.startswith(where)
    assert words in raised.value.what


@pytest.fixture
def bad_seeds(root: Path) -> None:
    """Write seed files that fail, each in its own way."""
    (root / "bad.sql").write_text("CREATE TABLE half (i int); INSERT INTO nowhere VALUES (1);")
    (root / "latin.sql").write_bytes("INSERT INTO fruit VALUES ('größer');".encode("latin-1"))
    (root / "psql.sql").write_text("\\copy fruit FROM 'fruit.csv'")


@pytest.fixture
def nothing_is_left(databases: Databases) -> Iterator[None]:
    """Fail where a test leaves a template, or half of one."""
    before = databases(BUILD) | databases(TEMPLATE)
    yield
    assert databases(BUILD) | databases(TEMPLATE) == before


@pytest.fixture
def attempt(database_of: DatabaseOf, migrating: dict[str, Any], ensure: Ensure) -> Callable[..., State]:
    """Return a function that makes the migrating template, with some keys changed."""
    return lambda **changes: ensure(database_of(**(migrating | changes)))


def test_seed_file_with_a_byte_order_mark_is_run(database_of: DatabaseOf, ensure: Ensure, root: Path) -> None:
    """Editors on Windows write one."""
    (root / "bom.sql").write_bytes(b"\xef\xbb\xbfCREATE TABLE t (i int);")
    assert ensure(database_of(seed=["bom.sql"])).built


@pytest.mark.usefixtures("nothing_is_left")
def test_file_that_changes_while_it_runs_spoils_the_template(
    database_of: DatabaseOf, ensure: Ensure, root: Path
) -> None:
    """A template must not be named after a content that it was not made from."""
    (root / "state.txt").write_text("one")
    config = database_of(migrate="sh -c 'echo two > state.txt'", watch=["state.txt"])
    with pytest.raises(StateError, match="changed while it was made"):
        ensure(config)


def test_migration_has_the_environment_of_its_database(database_of: DatabaseOf, ensure: Ensure, root: Path) -> None:
    """The URL is that of the database being made, standard input is empty, and the Python's own programs are found."""
    script = f'echo "$DB_URL" > url.txt; cat > input.txt; command -v {Path(sys.executable).name} > python.txt'
    (root / "run.sh").write_text(script)
    ensure(database_of(migrate="sh run.sh", watch=["run.sh"]))
    assert f"/{BUILD}" in (root / "url.txt").read_text()
    assert (root / "input.txt").read_text() == ""
    assert (root / "python.txt").read_text().strip() == sys.executable


def test_unsealed_rest_of_a_build_is_replaced(
    database_of: DatabaseOf, ensure: Ensure, admin: Endpoint, root: Path, ask: Ask
) -> None:
    """A database with the template's name, but without its seal, is never cloned."""
    (root / "a.sql").write_text("CREATE TABLE whole (i int)")
    state = ensure(database_of(seed=["a.sql"]))
    with connect(admin) as connection:
        connection.query(f"ALTER DATABASE {state.template} WITH IS_TEMPLATE false ALLOW_CONNECTIONS true")
    ask(state.template, "DROP TABLE whole")
    again = ensure(database_of(seed=["a.sql"]))
    assert (again.template, again.built) == (state.template, True)
    clone(admin, again.template, "looked_at")
    assert ask("looked_at", "SELECT count(*) FROM whole") == [("0",)]
    drop(admin, "looked_at", force=True)
