"""Journals: one file per process, one JSON line per event, written at once.

A line is appended with a single write to the kernel, so that a killed process leaves at most one torn line, the last.
The first line is ``opened`` and carries the format's version, the last of an orderly end is ``closed``.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from juncture.errors import IncompleteError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["VERSION", "Event", "Journal", "read"]

VERSION = 1

Event = dict[str, Any]


class Journal:
    """The journal of this process; ``write`` appends one event."""

    def __init__(self, path: Path, **opened: object) -> None:
        """Create the file, which must not exist, and write the ``opened`` event."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self.write("opened", version=VERSION, pid=os.getpid(), **opened)

    def write(self, event: str, **fields: object) -> None:
        """Append one event with the time of its writing, in seconds since the epoch; after ``close`` do nothing."""
        if self._descriptor is None:
            return
        line = json.dumps({"event": event, "time": round(time.time(), 6), **fields}, ensure_ascii=False)
        os.write(self._descriptor, line.encode("utf-8", "backslashreplace") + b"\n")

    def close(self, **fields: object) -> None:
        """Write the ``closed`` event and close the file."""
        self.write("closed", **fields)
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def read(path: Path) -> list[Event]:
    """Return the events of a journal; a torn last line is left out, as its event did not happen.

    Raise `IncompleteError` for damage anywhere else, and for a version that is not ours.
    """
    events: list[Event] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            event = json.loads(line)
            event["event"]
        except (ValueError, TypeError, KeyError):
            if number == len(lines):
                break
            raise IncompleteError("this line is not an event", where=f"{path}:{number}") from None
        events.append(event)
    if events and events[0].get("version") != VERSION:
        raise IncompleteError(
            f"written in version {events[0].get('version')}, this juncture reads {VERSION}",
            where=str(path),
            hint="use the same version of juncture in every job",
        )
    return events
