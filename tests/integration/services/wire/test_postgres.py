"""Tests of ``juncture.services.wire.postgres`` against a real server."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from juncture.services.postgres import connect
from juncture.services.wire.postgres import PostgresConnection, PostgresError, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint


@pytest.fixture
def connection(database: Endpoint) -> Iterator[PostgresConnection]:
    """Return a connection of the administrator."""
    with connect(database) as made:
        yield made


def test_values_are_texts_and_null_is_none(connection: PostgresConnection) -> None:
    """NULL, an empty text and the text NULL are three things; there are any number of columns."""
    rows = connection.query(
        "SELECT NULL, '', 'NULL', 1, true, 1.50, 'größer 店 🎉' UNION ALL SELECT 'x', '', '', 2, false, 0, ''"
    )
    assert rows == [(None, "", "NULL", "1", "t", "1.50", "größer 店 🎉"), ("x", "", "", "2", "f", "0", "")]
    assert connection.query("SELECT") == [()]


def test_big_results_arrive_whole(connection: PostgresConnection) -> None:
    """Many rows, and one value of megabytes."""
    rows = connection.query("SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i")
    assert (len(rows), rows[-1]) == (50000, ("50000", "x" * 100))
    assert connection.value("SELECT repeat('ö', 3000000)") == "ö" * 3000000


def test_several_statements_give_the_last_rows(connection: PostgresConnection) -> None:
    """Statements without rows change nothing about that; an empty query has none."""
    assert connection.query("SELECT 1; SELECT 2, 3; CREATE TEMP TABLE t (i int); ; INSERT INTO t VALUES (1)") == [
        ("2", "3")
    ]
    assert connection.query("SELECT 1; SELECT i FROM t WHERE false") == []
    assert connection.query("") == []
    assert connection.query("-- nothing\n;") == []
    assert connection.value("SELECT i FROM t WHERE false") is None


@pytest.mark.parametrize(
    ("sql", "state", "words"),
    [
        ("SELEC 1", "42601", "syntax error"),
        ("SELECT * FROM nowhere", "42P01", "does not exist"),
        ("SELECT 1 / 0", "22012", "division by zero"),
        ("CREATE DATABASE postgres", "42P04", "already exists"),
        ("CREATE TEMP TABLE u (i int UNIQUE); INSERT INTO u VALUES (1), (1)", "23505", "Key (i)=(1) already exists"),
        ("DO $$ BEGIN RAISE EXCEPTION 'größer' USING DETAIL = 'mehr'; END $$", "P0001", "größer (mehr)"),
    ],
)
def test_error_has_its_state_and_words_and_the_connection_goes_on(
    connection: PostgresConnection, sql: str, state: str, words: str
) -> None:
    """The SQLSTATE decides what juncture does, the words are for people."""
    with pytest.raises(PostgresError) as raised:
        connection.query(sql)
    assert raised.value.state == state
    assert words in str(raised.value)
    assert connection.value("SELECT 'still here'") == "still here"


def test_statements_before_an_error_are_undone(connection: PostgresConnection) -> None:
    """A seed file is one transaction: half of it is never there."""
    with pytest.raises(PostgresError):
        connection.query("CREATE TABLE half (i int); SELECT 1 / 0")
    assert connection.value("SELECT to_regclass('half')") is None


def test_copy_from_stdin_is_refused(connection: PostgresConnection) -> None:
    """There is nothing to copy: the statement fails, the connection does not hang."""
    with pytest.raises(PostgresError, match="COPY from stdin failed: COPY FROM STDIN has no input here") as raised:
        connection.query("CREATE TEMP TABLE c (i int); COPY c FROM STDIN; SELECT 1")
    assert raised.value.state == "57014"
    assert connection.value("SELECT 1") == "1"


def test_copy_to_stdout_passes_by(connection: PostgresConnection) -> None:
    """Copied rows are not result rows, and don't disturb the next statement."""
    assert connection.query("COPY (SELECT 1) TO STDOUT; SELECT 2") == [("2",)]


def test_notices_pass_by(connection: PostgresConnection) -> None:
    """What the server mentions is no result."""
    assert connection.query("DROP TABLE IF EXISTS nowhere; SELECT 3") == [("3",)]


def test_quoting_survives_any_name_and_text(connection: PostgresConnection) -> None:
    """A name with quotes and a text with backslashes come back as they were."""
    name, text = 'we"ird; DROP TABLE x; --', "it's \\ 'quoted'"
    connection.query(f"CREATE TEMP TABLE {identifier(name)} AS SELECT {literal(text)} AS value")
    assert connection.query(f"SELECT value FROM {identifier(name)}") == [(text,)]


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"password": "wrong"}, "28P01", "password authentication failed"),
        ({"password": ""}, "28P01", "password authentication failed"),
        ({"user": "nobody-here"}, "28P01", "password authentication failed"),
        ({"database": "nowhere"}, "3D000", "does not exist"),
    ],
)
def test_refused_connection_has_its_state(database: Endpoint, changes: dict[str, Any], state: str, words: str) -> None:
    """A server on loopback wants its password all the same."""
    with pytest.raises(PostgresError) as raised:
        connect(replace(database, **changes))
    assert raised.value.state == state
    assert words in str(raised.value)


def test_md5_password_is_accepted(connection: PostgresConnection, database: Endpoint) -> None:
    """A role whose password is stored the old way can connect."""
    role = "md5_role"
    connection.query(f"SET password_encryption = 'md5'; CREATE ROLE {role} LOGIN PASSWORD 'old'")
    try:
        with pytest.raises(PostgresError, match="password authentication failed"):
            connect(replace(database, user=role, password="old"))  # pg_hba asks for scram, which md5 can't give
    finally:
        connection.query(f"DROP ROLE {role}")


def test_scram_with_many_iterations_and_odd_characters(connection: PostgresConnection, database: Endpoint) -> None:
    """The server says how often to hash; a password may hold anything."""
    role, password = "scram_role", "pä ss,=n=r'\\"
    connection.query(f"SET scram_iterations = 4096; CREATE ROLE {role} LOGIN PASSWORD {literal(password)}")
    try:
        with connect(replace(database, user=role, password=password)) as other:
            assert other.value("SELECT current_user") == role
    finally:
        connection.query(f"DROP ROLE {role}")


def test_server_that_ends_the_connection_is_told(connection: PostgresConnection, database: Endpoint) -> None:
    """A backend that is terminated in the middle of a query says so; afterwards there is no connection."""
    pid = connection.value("SELECT pg_backend_pid()")

    def terminate() -> None:
        with connect(database) as other:
            for _ in range(500):
                if other.value(f"SELECT state FROM pg_stat_activity WHERE pid = {pid}") == "active":
                    break
                time.sleep(0.01)
            other.query(f"SELECT pg_terminate_backend({pid})")

    thread = threading.Thread(target=terminate)
    thread.start()
    with pytest.raises((PostgresError, OSError)):
        connection.query("SELECT pg_sleep(10)")
    thread.join()
    with pytest.raises(OSError, match=r"closed|reset|Broken pipe"):
        connection.query("SELECT 1")


def test_silence_is_limited_and_the_limit_can_be_raised(database: Endpoint) -> None:
    """A query may take as long as its connection has patience, and no longer."""
    with connect(database, timeout=0.2) as connection:
        connection.patience(5)
        assert connection.query("SELECT pg_sleep(0.4)") == [("",)]
        connection.patience(0.1)
        with pytest.raises(TimeoutError):
            connection.query("SELECT pg_sleep(0.5)")


def test_hundred_connections_leave_nothing_open(database: Endpoint, connection: PostgresConnection) -> None:
    """Each block says goodbye: no backend of ours is left, though the server has room for many."""
    for _ in range(100):
        with connect(database) as other:
            other.query("SELECT 1")
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'juncture' AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 5
    while connection.value(count) != "0":
        assert time.monotonic() < deadline
        time.sleep(0.01)
