"""Tests of ``juncture.pytesting.clean_state`` in real runs on a real Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    Integration = Callable[[str], None]

DIRTY = """
import os
import psycopg
import pytest

def run(sql):
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else None

def names():
    return [name for name, in run("SELECT name FROM fruit ORDER BY 1")]
"""


def test_each_test_begins_with_the_seed(small: pytest.Pytester, integration: Integration) -> None:
    """What the one before it committed through the application's own connections is gone, and the summary says how."""
    integration(
        DIRTY
        + """
@pytest.mark.parametrize("n", [1, 2])
def test_rows(n, db_engine):
    assert names() == ["apple", "pear"]
    run("INSERT INTO fruit VALUES ('plum')")
    run("DELETE FROM fruit WHERE name = 'pear'")
    with db_engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM fruit").scalar() == 2

@pytest.mark.parametrize("n", [1, 2])
def test_schema(n, db_engine):
    assert names() == ["apple", "pear"]
    run("ALTER TABLE fruit ADD colour text; CREATE TABLE more (i int)")
    with db_engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM more").scalar() == 0

@pytest.mark.fresh("db")
def test_new_copy():
    assert names() == ["apple", "pear"]

@pytest.mark.parametrize("n", [1, 2])
def test_rolled_back(n, db_session):
    from sqlalchemy import text
    db_session.execute(text("DELETE FROM fruit"))
    db_session.commit()

def test_nothing():
    assert names() == ["apple", "pear"]
"""
    )
    result = small.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=8)
    result.stdout.re_match_lines(
        [r"clean +db: 2 left nothing \(.* ms each\), 2 rolled back \(.*, 2 with rows put back \(.*, 2 new copies \("]
    )


def test_workers_tell_their_controller(small: pytest.Pytester, integration: Integration) -> None:
    """One line sums up what all of them counted."""
    integration(DIRTY + "@pytest.mark.parametrize('n', range(8))\ndef test_it(n): run(\"DELETE FROM fruit\")")
    result = small.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=8)
    result.stdout.re_match_lines([r"clean +db: 2 left nothing \(.*\), 6 with rows put back \(.*\)"])


def test_transaction_left_open_is_named(small: pytest.Pytester, integration: Integration) -> None:
    """The warning has the test and the statement; the lock that it holds delays the next test, but does not stop it."""
    integration(
        DIRTY
        + """
kept = []

def test_careless():
    connection = psycopg.connect(os.environ["DATABASE_URL"])
    connection.execute("UPDATE fruit SET name = 'plum' WHERE name = 'pear'")
    kept.append(connection)
    run("INSERT INTO fruit VALUES ('fig')")

def test_next():
    assert names() == ["apple", "pear"]
    with pytest.raises(psycopg.OperationalError):
        kept[0].execute("SELECT 1")

def test_last():
    pass
"""
    )
    result = small.runpytest_subprocess()
    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(
        ["*Warning: *::test_careless left a transaction open on db; its last statement: UPDATE fruit SET name = 'plum*"]
    )


def test_no_reset_leaves_what_was_committed(small: pytest.Pytester, integration: Integration) -> None:
    """As declared; a mark that asks for a new copy of such a database fails its test, and says why."""
    pyproject = small.path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('seed = ["seed.sql"]', 'seed = ["seed.sql"]\nreset = "none"'))
    integration(
        DIRTY
        + """
def test_one():
    run("DELETE FROM fruit")
def test_two():
    assert names() == []
@pytest.mark.fresh("db")
def test_three():
    pass
"""
    )
    result = small.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*juncture: fresh: no database 'db' is reset here*", "*those that are: none*"])
    result.stdout.no_fnmatch_line("clean *")
