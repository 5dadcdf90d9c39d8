"""Find coverage data files, and tell which of them can't be one before coverage looks at them.

Coverage 7.13 takes an empty file for a new one, writes into it, counts it and says nothing; what a torn one does
depends on where it is torn.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["damage", "data_files", "processes", "refusal"]

MAGIC = b"SQLite format 3\0"
"""How every SQLite database begins: https://www.sqlite.org/fileformat.html#the_database_header."""

PATIENCE = 2.0
"""Seconds to wait for a process that writes to a data file."""

NOT_DATA = ("-journal", "-wal", "-shm")
"""How SQLite's own files beside a database end."""

SCHEMA = "select 1 from sqlite_master where name = 'coverage_schema'"
"""The table that tells the version is documented to be there: https://coverage.readthedocs.io/en/latest/dbschema.html."""


def data_files(folders: Sequence[Path]) -> list[Path]:
    """Return the data files in the folders, sorted."""
    return sorted(path for folder in folders for path in folder.glob("data.*") if not path.name.endswith(NOT_DATA))


def processes(folder: Path) -> frozenset[int]:
    """Return the ids of the processes that left a coverage data file in ``folder``."""
    found = (re.search(r"\.pid(\d+)\.", f"{path.name}.") for path in data_files([folder]))
    return frozenset(int(match[1]) for match in found if match)


def refusal(path: Path) -> str:
    """Return why a file is no whole data file of coverage's; empty where it is one. It is only read.

    Whether its version is the right one is coverage's to say.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        return f"can't be read: {error.strerror or error}"
    if not head:
        return "is empty: its process was killed before it wrote"
    if head != MAGIC:
        return "is no SQLite database, as coverage's data files are"
    if path.with_name(f"{path.name}-journal").exists():
        return "was being written when its process died: a journal lies beside it"
    known, why = _asked(path, SCHEMA)
    return why or ("" if known else "is a database of something else than coverage")


def damage(path: Path) -> str:
    """Return how a data file is torn inside; empty where it is not. It is read as a whole."""
    found, why = _asked(path, "pragma quick_check(1)")
    return why or ("" if found == "ok" else f"is torn: {' '.join(found.split())}")


def _asked(path: Path, question: str) -> tuple[str, str]:
    """Return the first value that a database answers, empty without one, and why it can't answer."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)) as database:
            row = database.execute(question).fetchone()
    except sqlite3.Error as error:
        busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
        return "", "is locked: a process still writes to it" if busy else f"is torn: {error}"
    except UnicodeDecodeError:  # of SQLite's own message about damage that it quotes
        return "", "is torn: its schema is no text"
    return str(row[0]) if row else "", ""
