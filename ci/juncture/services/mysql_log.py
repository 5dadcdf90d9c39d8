"""The log of a MySQL or MariaDB server: which of its lines are about a database, and what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["about"]

_LINE = re.compile(r"(\d{4}-\d\d-\d\d)[ T]+(\d\d?:\d\d:\d\d)(?:\.\d+Z)? +\d+ \[(\w+)\] (.*)")
_NOISE = re.compile(r"InnoDB: |Plugin |\[MY-01(0116|0909|0931|1323|3576|3577)\]")
"""What a server that starts well says of its parts, as a note."""

_NAMED = re.compile(r"\bj[nkbtx][a-z0-9]*_\w+")
"""A database of juncture's."""


def about(lines: Iterable[str], databases: Collection[str], since: str = "") -> list[str]:
    """Return the lines about some databases, or about none (the server starts, or crashed), as time and message.

    Those before ``since`` (``2026-11-22 03:52:15.070``, UTC) are left out, to the second: the server tells no more. A
    line that is no entry (a crash is told in such) stays with what is before it.
    """
    found: list[str] = []
    wanted = True
    for line in lines:
        if entry := _LINE.match(line):
            day, time, severity, text = entry.groups()
            named = set(_NAMED.findall(text))
            recent = f"{day} {time:0>8}" >= since[:19]
            wanted = recent and (not named or not named.isdisjoint(databases))
            if wanted and not (severity == "Note" and _NOISE.match(text)):
                found.append(f"{time:0>8}  {severity.upper()}: {text}")
        elif wanted:
            found.append(line)
    return found
