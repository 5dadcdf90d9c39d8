"""Whatever happens to a database, in whatever order, a reset leads back to its template."""

from __future__ import annotations

import json
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from cleaned import Cleaned, cleaned_on
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from operating import operate

from juncture.services.postgres import at, connect
from juncture.services.postgres_databases import drop, listed
from juncture.services.wire.postgres import PostgresConnection, PostgresError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Child

    from juncture.providers.reservation import Server

SEED = """
CREATE SCHEMA other;
CREATE TABLE parent (id serial PRIMARY KEY, name text UNIQUE, loud text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE child (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
ALTER TABLE parent ADD favourite bigint REFERENCES child ON DELETE SET NULL;
CREATE TABLE other.event (day int, what text) PARTITION BY RANGE (day);
CREATE TABLE other.low PARTITION OF other.event FOR VALUES FROM (0) TO (50);
CREATE TABLE other.high PARTITION OF other.event DEFAULT;
CREATE TABLE log (what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN COALESCE(NEW, OLD); END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON parent FOR EACH ROW EXECUTE FUNCTION note();
CREATE VIEW names AS SELECT id, name FROM parent;
CREATE SEQUENCE ticket CACHE 5;
INSERT INTO parent (name) SELECT 'p' || i FROM generate_series(1, 5) i;
INSERT INTO child (parent) SELECT 1 + i % 5 FROM generate_series(1, 8) i;
INSERT INTO other.event SELECT i * 9, 'seed' FROM generate_series(1, 10) i;
"""

WRITES = (
    "INSERT INTO parent (name) VALUES ('n{n}') ON CONFLICT DO NOTHING",
    "INSERT INTO child (parent) SELECT id FROM parent WHERE id % 3 = {n} % 3",
    "UPDATE parent SET name = name || '{n}', favourite = (SELECT max(id) FROM child)",
    "UPDATE names SET name = 'v{n}' WHERE id = {n} % 5 + 1",
    "DELETE FROM parent WHERE id % 4 = {n} % 4",
    "DELETE FROM child",
    "INSERT INTO other.event VALUES ({n}, 'new'), ({n} + 40, 'new')",
    "UPDATE other.event SET day = day + {n}",
    "DELETE FROM other.low",
    "TRUNCATE other.high",
    "TRUNCATE parent, child RESTART IDENTITY",
    "COPY log FROM PROGRAM 'echo {n}'",
    "SELECT nextval('ticket'), setval('child_id_seq', {n} + 1, false)",
    "SELECT lo_from_bytea(0, 'abc')",
    "SET session_replication_role = replica; DELETE FROM parent; RESET session_replication_role",
)

CHANGES = (
    "CREATE TABLE IF NOT EXISTS new{n} (i int)",
    "ALTER TABLE parent ADD IF NOT EXISTS c{n} int",
    "DROP TABLE child CASCADE",
    "ALTER SEQUENCE ticket INCREMENT {n} + 1",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT {n}'",
    "DROP TRIGGER noted ON parent",
)

WORKER = """
import itertools, json, os, sys
from pathlib import Path
from juncture.isolation.clones import Clones
from juncture.isolation.reset.cleaner import Cleaner
from juncture.model import Endpoint
from juncture.services.postgres import at, connect
from juncture.services.wire import WireError
where, template, home, statements = json.loads(sys.argv[1])
own = Endpoint(**where)
admin = at(own, "postgres")
named = lambda suffix: f"{own.database}_k{os.getpid()}_{suffix}"
cleaner = Cleaner(admin, own.database, Clones(admin, template, home=Path(home), named=named), 1)
print("ready", flush=True)
for statement in itertools.cycle(statements):
    try:
        with connect(own) as connection:
            connection.query("SET lock_timeout = '20ms'")  # or it would wait, killed, for what the test left open
            connection.query(statement)
        cleaner.clean()
    except (WireError, OSError):
        pass
"""
"""A worker that writes and resets until it is killed."""

FIELDS = ("service", "kind", "provider", "product", "version", "host", "port", "user", "password", "database")
NUMBERS = st.integers(0, 99)
STATEMENTS = st.builds(lambda sql, n: sql.replace("{n}", str(n)), st.sampled_from(WRITES), NUMBERS)


class Operations(RuleBasedStateMachine):
    """One application, the workers that were killed, and a reset now and then."""

    cleaned: Cleaned
    crash: Callable[[list[str], float], None]
    count = 0

    def __init__(self) -> None:
        """Begin with a clean database."""
        super().__init__()
        self.connection: PostgresConnection | None = None
        self.open: list[PostgresConnection] = []
        self.cleaned.cleaner.clean()

    def run(self, sql: str) -> None:
        """Run SQL as an application does whose connections may be cut."""
        type(self).count += 1
        with suppress(PostgresError, OSError):
            if self.connection is None:
                self.connection = self.cleaned.connect()
                self.connection.query("SET lock_timeout = '20ms'")
            self.connection.query(sql)
            return
        if self.connection:
            try:
                self.connection.query("ROLLBACK")
            except (PostgresError, OSError):
                self.connection.close()
                self.connection = None

    @rule(sql=STATEMENTS)
    def write(self, sql: str) -> None:
        """Commit one statement."""
        self.run(sql)

    @rule(first=STATEMENTS, second=STATEMENTS, end=st.sampled_from(["COMMIT", "ROLLBACK"]))
    def write_together(self, first: str, second: str, end: str) -> None:
        """Commit or roll back two statements."""
        self.run(f"BEGIN; {first}; {second}; {end}")

    @rule(sql=st.sampled_from(CHANGES), n=NUMBERS, dice=st.integers(0, 3))
    def change(self, sql: str, n: int, dice: int) -> None:
        """Change the schema, less often than rows."""
        if dice == 0:
            self.run(sql.replace("{n}", str(n)))

    @rule(sql=STATEMENTS, dice=st.integers(0, 9))
    def leave_open(self, sql: str, dice: int) -> None:
        """Leave a transaction open, on a connection of its own."""
        if dice == 0:
            type(self).count += 1
            made = self.cleaned.connect()
            self.open.append(made)
            with suppress(PostgresError, OSError):
                made.query(f"SET lock_timeout = '20ms'; BEGIN; {sql}")

    @rule(statements=st.lists(STATEMENTS, min_size=1, max_size=3), milliseconds=NUMBERS, dice=st.integers(0, 19))
    def kill(self, statements: list[str], milliseconds: int, dice: int) -> None:
        """Kill a worker that writes and resets in the same database, at any moment."""
        if dice == 0:
            type(self).count += 1
            before = self.sessions()
            self.crash(statements, milliseconds / 1000)
            deadline = time.monotonic() + 10
            while self.sessions() - before:  # the server may still finish what the process had begun
                assert time.monotonic() < deadline, "sessions of a killed process do not go"
                time.sleep(0.002)

    def sessions(self) -> set[str | None]:
        """Return who is connected to the database."""
        with connect(self.cleaned.admin) as connection:
            rows = connection.query(f"SELECT pid FROM pg_stat_activity WHERE datname = '{self.cleaned.name}'")
        return {pid for (pid,) in rows}

    @rule()
    def reset(self) -> None:
        """Reset, and compare everything."""
        type(self).count += 1
        self.cleaned.cleaner.clean()
        for made in self.open:  # those that were in nobody's way: what they wrote was not committed
            made.close()
        self.open.clear()
        assert self.cleaned.now() == self.cleaned.first

    def teardown(self) -> None:
        """Check once more at the end."""
        self.reset()
        if self.connection:
            self.connection.close()


@pytest.fixture
def crash(postgres_server: Server, shared_home: Path, child: Child) -> Callable[..., None]:
    """Return a function that starts a worker on a database and kills it after some seconds."""

    def killed(cleaned: Cleaned, statements: list[str], seconds: float) -> None:
        own = at(postgres_server.endpoint, cleaned.name)
        where = {name: getattr(own, name) for name in FIELDS}
        process = child(WORKER, json.dumps([where, cleaned.template, str(shared_home), statements]), home=shared_home)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
        assert process.wait() == -signal.SIGKILL

    return killed


@pytest.mark.soak
def test_database_is_always_as_its_template(
    postgres_server: Server, shared_home: Path, crash: Callable[..., None], rounds: Callable[[int, int], int]
) -> None:
    """Writes, changes of the schema, transactions left open, and workers that are killed: 10,000 in `nox -s soak`."""
    with cleaned_on(postgres_server.endpoint, SEED, shared_home) as made:

        class Here(Operations):
            """The operations on this test's database."""

        Here.cleaned = made
        Here.crash = staticmethod(lambda statements, seconds: crash(made, statements, seconds))
        operate(Here, operations=rounds(80, 10_000), steps=20)
        for name in listed(postgres_server.endpoint, [f"{made.name}_k"]):
            drop(postgres_server.endpoint, name, force=True)
