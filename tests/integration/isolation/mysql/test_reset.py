"""Tests of ``juncture.services.mysql_reset`` and ``mysql_watch``: a real server, and whatever a test may do to it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from programs import needs
from tests.integration.isolation.mysql.conftest import picture

from juncture.services.mysql_address import at, connect
from juncture.services.mysql_databases import listed
from juncture.services.mysql_reset import MysqlRestorer
from juncture.services.wire.mysql import MysqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.isolation.mysql.conftest import Open

    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

pytestmark = needs("mariadbd")


@pytest.fixture
def restorer(opened: Workspace) -> Iterator[MysqlRestorer]:
    """Return what brings the worker's database back."""
    server, database = opened.servers["db"].endpoint, opened.endpoints["db"].database
    made = MysqlRestorer(server, opened.states["db"].template, database)
    yield made
    made.close()


def test_clone_is_what_its_template_was_made_from(opened: Workspace, database: Endpoint) -> None:
    """Rows of every type, views in an order of their own, routines, triggers that did not fire, events, counters."""
    found = picture(database)
    assert found["rows of aardvark"] == ["('Ann',)", "('Bob',)"]
    texts = ["new One", "new Two", 'new it\'s \\ "q"', None]
    assert found["rows of audit"] == sorted(repr((text,)) for text in texts)
    template = at(opened.servers["db"].endpoint, opened.states["db"].template)
    expected = {name: value for name, value in picture(template).items() if "juncture_template" not in name}
    assert found == expected


def test_nothing_done_is_nothing_to_do(restorer: MysqlRestorer, run: Callable[[str], None]) -> None:
    """A test that only reads, or fails to write, costs two questions."""
    assert restorer.restore() == "nothing"
    run("SELECT * FROM authors; SELECT twice(3)")
    assert restorer.restore() == "nothing"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO authors (name) VALUES ('Cid')",
        "UPDATE books SET title = 'other'",
        "DELETE FROM authors WHERE id = 1",
        "UPDATE books SET title = 'other'; DELETE FROM authors WHERE id = 1",
        "UPDATE authors SET id = 77 WHERE id = 2",
        "DELETE FROM books WHERE id = 1",
        "REPLACE INTO authors (id, name) VALUES (1, 'Zoe')",
        "INSERT INTO authors (name) VALUES ('Ann') ON DUPLICATE KEY UPDATE name = 'Eve'",
        "SET foreign_key_checks = 0; DELETE FROM nodes",
        "UPDATE nodes SET parent = NULL; DELETE FROM nodes",
        "DELETE FROM odd",
        "INSERT INTO parts VALUES (9, '2026-09-09'); DELETE FROM parts WHERE id = 1",
        "CALL add_author('Cid')",
        "TRUNCATE audit",
        "SET foreign_key_checks = 0; TRUNCATE authors",
        "CREATE TEMPORARY TABLE t (i INT); INSERT INTO t VALUES (1); INSERT INTO audit VALUES ('x')",
        "PREPARE p FROM 'DELETE FROM loans'; EXECUTE p",
        "BEGIN; DELETE FROM loans; ROLLBACK",
        "INSERT INTO authors (id, name) VALUES (1000, 'far'); DELETE FROM authors WHERE id = 1000",
    ],
)
def test_rows_go_back(restorer: MysqlRestorer, run: Callable[[str], None], database: Endpoint, sql: str) -> None:
    """Through statements, keys, triggers and routines; counters as well, twice in a row."""
    before = picture(database)
    for _ in range(2):
        run(sql)
        assert restorer.restore() == "rows"
        assert picture(database) == before
    assert restorer.restore() == "nothing"


@pytest.mark.parametrize("engine", ["MyISAM", "Aria", "MEMORY"])
def test_table_of_another_engine_goes_back(open_mariadb: Open, root: Path, engine: str) -> None:
    """Such a one can lose all its rows at once, which is not counted: it is put back before every test."""
    (root / "a.sql").write_text(f"CREATE TABLE t (i INT AUTO_INCREMENT PRIMARY KEY) ENGINE={engine}")
    (root / "b.sql").write_text("INSERT INTO t VALUES (3), (4)")
    with open_mariadb(seed=["*.sql"]) as workspace:
        database = workspace.endpoints["db"]
        for sql in ("DELETE FROM t", "INSERT INTO t VALUES ()", "TRUNCATE t", "UPDATE t SET i = i + 10"):
            with connect(database) as connection:
                connection.query(sql)
            workspace.reset("db")
            with connect(database) as connection:
                assert connection.query("SELECT i FROM t ORDER BY i") == [("3",), ("4",)]
                assert "AUTO_INCREMENT=5" in str(connection.query("SHOW CREATE TABLE t")[0][1])


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE extra (i INT)",
        "DROP TABLE loans",
        "RENAME TABLE audit TO audited_rows",
        "ALTER TABLE authors ADD COLUMN age INT DEFAULT 3",
        "ALTER TABLE audit COMMENT 'changed'",
        "CREATE INDEX by_what ON audit (what)",
        "CREATE OR REPLACE VIEW aardvark AS SELECT 1 AS name",
        "DROP VIEW zebra",
        "DROP TRIGGER audited",
        "CREATE TRIGGER more BEFORE UPDATE ON loans FOR EACH ROW SET NEW.book = NULL",
        "DROP FUNCTION twice",
        "CREATE PROCEDURE p () CREATE TABLE from_inside (i INT); CALL p(); DROP PROCEDURE p",
        "PREPARE p FROM 'CREATE TABLE prepared (i INT)'; EXECUTE p",
        "DROP EVENT nightly",
        "CREATE SEQUENCE counter; SELECT NEXTVAL(counter)",
        "DROP DATABASE {name}; CREATE DATABASE {name}",
        "DROP DATABASE {name}",
    ],
)
def test_changed_schema_is_made_anew(
    restorer: MysqlRestorer, run: Callable[[str], None], database: Endpoint, sql: str
) -> None:
    """Whatever was changed, wherever it was said: under the same name there is a new copy."""
    before = picture(database)
    run(sql.format(name=database.database))
    assert restorer.restore() == "fresh"
    assert picture(database) == before
    run("INSERT INTO authors (name) VALUES ('Cid')")
    assert restorer.restore() == "rows"
    assert picture(database) == before


def test_neighbours_changes_are_none_of_ours(restorer: MysqlRestorer, opened: Workspace, admin: Endpoint) -> None:
    """Another database is not looked at, and its owner's changes of a schema change nothing here."""
    other = opened.scratch("db")
    with connect(other) as connection:
        connection.query("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (5)")
    assert admin.port == other.port
    assert restorer.restore() == "rows"  # whose schema changed is only known by a look: nothing of ours did
    assert restorer.restore() == "nothing"


def test_connection_of_the_application_stays(restorer: MysqlRestorer, database: Endpoint) -> None:
    """A pool that a test leaves open goes on, also on a database that is new."""
    with connect(database) as connection:
        connection.query("DELETE FROM loans")
        assert restorer.restore() == "rows"
        assert connection.value("SELECT COUNT(*) FROM loans") == "2"
        connection.query("DROP TABLE audit")
        assert restorer.restore() == "fresh"
        assert connection.value("SELECT COUNT(*) FROM audit") == "4"


def test_open_transaction_in_the_way_is_ended(restorer: MysqlRestorer, database: Endpoint) -> None:
    """Its rows are locked until somebody ends it: the reset does, and only where it has to."""
    before = picture(database)
    left = connect(database)
    reader = connect(database)
    reader.query("BEGIN; SELECT * FROM authors")
    left.query("BEGIN; UPDATE books SET title = 'left'")
    assert restorer.restore() == "rows"
    assert picture(database) == before
    assert reader.value("SELECT 1") == "1"
    with pytest.raises((MysqlError, OSError)):
        left.query("SELECT 1")
    left.close()
    reader.close()


def test_restorer_that_lost_its_connection_makes_the_database_anew(
    restorer: MysqlRestorer, admin: Endpoint, database: Endpoint
) -> None:
    """What happened since is not known; a server that was started again has forgotten its counters."""
    before = picture(database)
    with connect(admin) as connection:
        connection.query("SELECT 1")
        for (number,) in connection.query("SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()"):
            with suppress(MysqlError):
                connection.query(f"KILL {number}")
    assert restorer.restore() == "fresh"
    assert picture(database) == before


def test_server_that_counts_nothing_has_every_table_put_back(
    opened: Workspace, database: Endpoint, admin: Endpoint, run: Callable[[str], None]
) -> None:
    """Where the counters are off, or our own writes count as well, each reset goes through all tables."""
    before = picture(database)
    template = opened.states["db"].template
    switch = "UPDATE performance_schema.setup_instruments SET ENABLED = '{}' WHERE NAME = 'wait/io/table/sql/handler'"
    with connect(admin) as connection:
        connection.query(switch.format("NO"))
        try:
            restorer = MysqlRestorer(admin, template, database.database)
            run("DELETE FROM authors")
            assert restorer.restore() == "rows"
            assert picture(database) == before
            run("DROP VIEW aardvark")
            assert restorer.restore() == "fresh"
            assert picture(database) == before
            restorer.close()
        finally:
            connection.query(switch.format("YES"))


def test_workspace_resets_what_has_a_template(
    opened: Workspace, database: Endpoint, run: Callable[[str], None]
) -> None:
    """That runs before each integration test."""
    before = picture(database)
    run("DELETE FROM authors; DROP VIEW aardvark")
    opened.reset("db")
    assert picture(database) == before


def test_what_processes_wrote_at_their_start_stays(
    opened: Workspace, database: Endpoint, run: Callable[[str], None]
) -> None:
    """Once they have settled, that is what each test begins with; the copy goes with the worker's database."""
    namespace = opened.namespaces["db"]
    namespace.settle()
    assert len(namespace.names) == 1
    run("INSERT INTO authors (name) VALUES ('Process'); CREATE TABLE of_process (i INT)")
    namespace.settle()
    before = picture(database)
    run("DELETE FROM authors; INSERT INTO of_process VALUES (1)")
    opened.reset("db")
    assert picture(database) == before
    run("DROP TABLE of_process")
    opened.reset("db")
    assert picture(database) == before
    names, admin = namespace.names, opened.servers["db"].endpoint
    assert len(names) == 2
    opened.release()
    assert not {*listed(admin, ["jn_"])} & names


def test_mark_has_a_test_begin_with_a_new_copy(
    opened: Workspace, database: Endpoint, run: Callable[[str], None]
) -> None:
    """Whatever was done to it; what each reset took is counted."""
    before = picture(database)
    opened.ask_fresh("db")
    opened.reset("db")
    run("DELETE FROM loans")
    opened.reset("db")
    opened.reset("db")
    assert picture(database) == before
    assert opened.cleaners["db"].usage.counts == {"fresh": 1, "rows": 1, "nothing": 1}
