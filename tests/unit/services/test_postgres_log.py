"""Tests of ``juncture.services.postgres_log``; lines of real servers are in tests/integration/pytesting."""

from __future__ import annotations

import pytest

from juncture.services.postgres import KIND
from juncture.services.postgres_log import LONGEST_MESSAGE, PREFIX, about

OURS = "jn_shop_1a2b3c_db_0123456789_gw0"
THEIRS = "jn_shop_1a2b3c_db_0123456789_gw1"


def line(database: str, text: str, time: str = "21:04:11.402") -> str:
    """Return a line as the server writes it."""
    return f"2026-10-21 {time} UTC [1234] {database} {text}"


def test_line_becomes_time_and_message() -> None:
    """Date, process id and database are the same for all that is shown."""
    found = about([line(OURS, 'ERROR:  relation "refunds" does not exist at character 15')], {OURS})
    assert found == ['21:04:11.402  ERROR: relation "refunds" does not exist at character 15']


def test_lines_of_other_databases_are_left_out() -> None:
    """Another worker's lines with what goes on in them, and those of a connection whose database nobody knows."""
    lines = [
        line(THEIRS, "ERROR:  theirs"),
        line(THEIRS, "STATEMENT:  SELECT"),
        "\ttheirs, too",
        line("[unknown]", "LOG:  incomplete startup packet"),
        line(OURS, "ERROR:  ours"),
        line(f"{OURS}_2", "ERROR:  theirs as well"),
    ]
    assert about(lines, {OURS}) == ["21:04:11.402  ERROR: ours"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("", "LOG:  server process (PID 7) was terminated by signal 9"), "LOG: server process (PID 7) was"),
        ("2026-10-21 21:04:11.402 UTC [48] LOG:  starting", "LOG: starting"),
        ("initdb: warning: something", "initdb: warning: something"),
        (line("", "PANIC:  could not locate a valid checkpoint record"), "PANIC: could not locate"),
    ],
)
def test_lines_of_no_database_are_everybodys(text: str, expected: str) -> None:
    """What happens to the whole server happens to every worker; also where a prefix has no database, or is none."""
    (found,) = about([text], {OURS})
    assert found[14:].startswith(expected)


def test_a_message_keeps_its_further_lines() -> None:
    """A statement stays as its author laid it out, below its first line."""
    lines = [
        line(OURS, "ERROR:  no"),
        line(OURS, "STATEMENT:  SELECT *"),
        "\t  FROM fruit",
        line(THEIRS, "x"),
        "\ttheirs",
    ]
    assert about(lines, {OURS}) == [
        "21:04:11.402  ERROR: no",
        "21:04:11.402  STATEMENT: SELECT *",
        "                FROM fruit",
    ]


def test_a_long_statement_does_not_hide_the_error() -> None:
    """Of a message only the first lines are kept, and the others are counted."""
    lines = [line(OURS, "ERROR:  no"), line(OURS, "STATEMENT:  SELECT"), *["\t1,"] * 100]
    found = about(lines, {OURS})
    assert len(found) == 1 + LONGEST_MESSAGE + 1
    assert found[0] == "21:04:11.402  ERROR: no"
    assert found[-1].strip() == f"... {101 - LONGEST_MESSAGE} more lines"


def test_every_server_of_ours_writes_what_is_read_here() -> None:
    """The prefix is a setting of the embedded server and of the one in a container."""
    assert KIND.about is about
    assert KIND.image is not None
    assert f"log_line_prefix={PREFIX}" in KIND.image.command


def test_what_was_written_before_a_moment_is_left_out() -> None:
    """An engine may date a line a moment after it was written: the line's own time decides."""
    lines = [
        "2026-11-22 03:52:15.070 UTC [7] jn_x ERROR:  old",
        "\tgoes on",
        "2026-11-22 03:52:15.090 UTC [7] jn_x ERROR:  new",
        "2026-11-22 04:52:15.070 CET [7] jn_x ERROR:  of another zone",
    ]
    shown = about(lines, {"jn_x"}, "2026-11-22 03:52:15.080")
    assert [line.partition("ERROR: ")[2] for line in shown] == ["new", "of another zone"]
