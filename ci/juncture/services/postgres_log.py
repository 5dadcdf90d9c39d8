"""The log of a PostgreSQL server: which of its lines are about a database, and what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["PREFIX", "about"]

PREFIX = "%m [%p] %d "
"""The setting ``log_line_prefix`` that `about` reads: time, process id and database."""

LONGEST_MESSAGE = 10
"""Lines of one message that are kept: a long statement must not push the error before it out of sight."""

_LINE = re.compile(r"(\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d\.\d+)) (\S+) \[\d+\] (?:(\S*[^:\s]) )? *(.*)")
_SEVERITY, SHORTER = re.compile(r"^([A-Z]+[0-9]*):  "), r"\1: "


def about(lines: Iterable[str], databases: Collection[str], since: str = "") -> list[str]:
    """Return the lines about some databases, or about none (the server starts, or crashed), as time and message.

    Those before ``since`` (``2026-11-22 03:52:15.070``, UTC) are left out: an engine dates what it reads of a
    container a moment after it was written. A message of several lines goes on in lines that begin with a tab; they
    stay with the first one.
    """
    return [line for message in _messages(lines, databases, since) for line in _shortened(message)]


def _messages(lines: Iterable[str], databases: Collection[str], since: str) -> Iterator[list[str]]:
    message: list[str] = []
    wanted = False
    for line in lines:
        if line.startswith("\t"):
            if wanted:
                message.append(f"{'':14}{line[1:]}")
            continue
        if message:
            yield message
        found = _LINE.match(line)
        moment, time, zone, database, text = found.groups() if found else ("", "", "", None, line)
        wanted = (database is None or database in databases) and not (zone == "UTC" and moment < since)
        message = [f"{time:12}  {_SEVERITY.sub(SHORTER, text)}"] if wanted else []
    if message:
        yield message


def _shortened(message: list[str]) -> list[str]:
    if len(message) <= LONGEST_MESSAGE:
        return message
    return [*message[:LONGEST_MESSAGE], f"{'':14}... {len(message) - LONGEST_MESSAGE} more lines"]
