"""Whatever tests do to a MariaDB: after the reset between them, the database is what its template is."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import needs
from tests.integration.isolation.mysql.conftest import TABLES, picture

from juncture.services.mysql_address import connect
from juncture.services.wire.mysql import MysqlConnection, MysqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

pytestmark = needs("mariadbd")

STEPS = 5
"""Operations of one test: 10,000 of them in `nox -s soak`, 100 in a usual run."""

CRASH = """
import os, signal, sys
from juncture.services.wire.mysql import MysqlConnection
host, port, user, database, sql = sys.argv[1:]
connection = MysqlConnection(host, int(port), user=user, password=sys.stdin.read(), database=database)
connection.query(sql)
os.kill(os.getpid(), signal.SIGKILL)
"""


class Step(NamedTuple):
    """SQL that one of three connections runs, or that a process runs which is killed then (``who`` is -1)."""

    who: int
    sql: str


number = st.integers(0, 12)
word = st.sampled_from(["Ann", "Bob", "x", "it''s", "ä", ""])
table = st.sampled_from(TABLES)
writes = st.one_of(
    st.builds("INSERT INTO authors (name) VALUES ('{}{}')".format, word, number),
    st.builds("INSERT INTO authors (id, name) VALUES ({}, '{}')".format, number, word),
    st.builds("REPLACE INTO authors (id, name) VALUES ({}, '{}')".format, number, word),
    st.builds("UPDATE authors SET id = {} WHERE id = {}".format, number, number),
    st.builds("INSERT INTO books (author, title) VALUES ({}, '{}')".format, number, word),
    st.builds("UPDATE books SET title = CONCAT(title, '{}') WHERE id > {}".format, word, number),
    st.builds("INSERT INTO loans (book) SELECT id FROM books WHERE id < {}".format, number),
    st.builds("DELETE FROM {} LIMIT {}".format, table, number),
    st.builds("DELETE FROM {}".format, table),
    st.builds("UPDATE nodes SET parent = {} WHERE id = {}".format, number, number),
    st.builds("INSERT INTO parts VALUES ({}, '2026-01-{:02}')".format, number, st.integers(1, 28)),
    st.builds("UPDATE odd SET `a b` = {}".format, number),
    st.builds("INSERT INTO audit VALUES ('{}')".format, word),
    st.builds("CALL add_author('{}')".format, word),
    st.builds("PREPARE p FROM 'DELETE FROM loans WHERE id = {}'; EXECUTE p".format, number),
)
schema = st.one_of(
    st.builds(
        "CREATE TABLE new_{} (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO new_{} VALUES (7)".format, number, number
    ),
    st.builds("DROP TABLE IF EXISTS {}".format, table),
    st.builds("TRUNCATE {}".format, table),
    st.builds("ALTER TABLE {} ADD COLUMN new_{} INT DEFAULT 4".format, table, number),
    st.builds("ALTER TABLE authors AUTO_INCREMENT = {}".format, st.integers(5, 500)),
    st.builds("RENAME TABLE {} TO away_{}".format, table, number),
    st.builds("CREATE OR REPLACE VIEW zebra AS SELECT {} AS id, 'x' AS name".format, number),
    st.builds("CREATE TEMPORARY TABLE {} (i INT); INSERT INTO {} VALUES (1)".format, table, table),
    st.sampled_from(
        [
            "DROP TRIGGER IF EXISTS audited",
            "DROP VIEW IF EXISTS aardvark",
            "DROP FUNCTION IF EXISTS twice",
            "CREATE SEQUENCE IF NOT EXISTS counter; SELECT NEXTVAL(counter)",
            "DROP EVENT IF EXISTS nightly",
            "OPTIMIZE TABLE books",
        ]
    ),
)
modes = st.sampled_from(["BEGIN", "COMMIT", "ROLLBACK", "SET foreign_key_checks = 0", "SET autocommit = 0"])
steps = st.one_of(
    st.builds(Step, st.integers(0, 2), writes),
    st.builds(Step, st.integers(0, 2), writes),
    st.builds(Step, st.integers(0, 2), modes),
    st.builds(Step, st.integers(0, 2), schema),
    st.builds(Step, st.just(-1), st.builds("BEGIN; {}".format, writes)),
)


@pytest.fixture
def pool(database: Endpoint) -> Iterator[Callable[[int], MysqlConnection]]:
    """Return a function that returns one of the application's connections, opened anew where it was cut off."""
    opened: dict[int, MysqlConnection] = {}

    def connection(who: int) -> MysqlConnection:
        if who in opened:
            with suppress(OSError, MysqlError):
                opened[who].query("SELECT 1")
                return opened[who]
            opened.pop(who).close()
        opened[who] = connect(database)
        opened[who].query("SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 1")
        return opened[who]

    yield connection
    for each in opened.values():
        each.close()


@pytest.mark.soak
def test_state_after_a_reset_is_the_seed(
    opened: Workspace,
    database: Endpoint,
    pool: Callable[[int], MysqlConnection],
    rounds: Callable[[int, int], int],
) -> None:
    """Rows, counters and every object, after writes, open transactions, changes of the schema and killed processes."""
    before = picture(database)
    done = 0

    @settings(
        max_examples=rounds(20, 2000),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=rounds(1, 0) == 1,
    )
    @given(st.lists(steps, min_size=STEPS, max_size=STEPS))
    def run(test: list[Step]) -> None:
        nonlocal done
        for who, sql in test:
            done += 1
            if who < 0:
                _crash(database, sql)
            else:
                with suppress(MysqlError, OSError):  # a statement may well be wrong by now
                    pool(who).query(sql)
        opened.reset("db")
        assert picture(database) == before

    run()
    assert done >= rounds(20, 2000) * STEPS


def _crash(database: Endpoint, sql: str) -> None:
    place = [database.host, str(database.port), database.user, database.database, sql]
    subprocess.run(
        [sys.executable, "-c", CRASH, *place], input=database.password, text=True, capture_output=True, check=False
    )
