"""What is shown of a service's log: its end, readable and bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.providers.reservation import Log

__all__ = ["excerpt", "lines_of", "read"]

LINES, CHARACTERS = 40, 8000
"""How much is shown of one log, from its end."""

LONGEST_LINE = 1000
"""Characters of one line that are shown."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Colours, and what else would act on a terminal instead of being shown."""


def read(log: Log, mark: float, limit: int) -> tuple[bytes, bool]:
    """Return what a log got since a mark, at most its last ``limit`` bytes, and whether that is not all.

    What does not fit ends before a whole line. A log that can't be read is an empty one: it only helps to understand.
    """
    try:
        data = log.since(mark, limit + 1)
    except OSError:
        return b"", False
    if len(data) <= limit:
        return data, False
    return data[-limit:].partition(b"\n")[2], True


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a log as a terminal can show them."""
    return [_CONTROL.sub("", line).rstrip() for line in data.decode(errors="replace").split("\n") if line.strip()]


def excerpt(lines: Sequence[str], *, cut: bool = False) -> list[str]:
    """Return the last lines, behind one that says how many others there were; ``cut`` says that those are not all."""
    shown: list[str] = []
    size = 0
    for line in reversed(lines):
        more = len(line) - LONGEST_LINE
        short = line if more <= 0 else f"{line[:LONGEST_LINE]} ... {more} more characters"
        size += len(short) + 1
        if len(shown) == LINES or size > CHARACTERS:
            break
        shown.append(short)
    left_out = len(lines) - len(shown)
    if cut:
        shown.append("... more earlier lines left out than can be counted here")
    elif left_out:
        shown.append(f"... {left_out} earlier line{'' if left_out == 1 else 's'} left out")
    return shown[::-1]
