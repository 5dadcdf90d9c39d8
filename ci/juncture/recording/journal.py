"""Journals: one file per process, one JSON line per event, written at once.

A line is appended with a single write to the kernel, so that a killed process leaves at most one torn line, the last.
The first line is ``opened`` and carries the format's version, the last of an orderly end is ``closed``. The events are
described in docs/reference/journal.md.
"""

from __future__ import annotations

import errno
import json
import os
import time
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any

from juncture.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["VERSION", "Event", "Journal", "members", "quoted", "read"]

VERSION = 1

Event = dict[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Journal:
    """The journal of this process; ``path`` is where it really is, which is not always where it was asked for."""

    def __init__(self, path: Path, **opened: object) -> None:
        """Create the file and write the ``opened`` event.

        Where the file is there already, the next free name is taken: ``journal-gw0-2.jsonl``.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._descriptor = _create(path)
        self._pid = os.getpid()
        self._closed = False
        self.write("opened", version=VERSION, pid=self._pid, **opened)

    def write(self, event: str, **fields: object) -> None:
        """Append one event with the time of its writing, in seconds since the epoch; after ``close`` do nothing."""
        self.append(event, members(fields))

    def append(self, event: str, encoded: str) -> None:
        """Append one event whose members are encoded already, as `members` does: 2 µs where `write` takes 5.

        A process that was forked from this one writes nothing: its events would be taken for this one's.
        """
        if self._closed or os.getpid() != self._pid:
            return
        line = f'{{"event":"{event}","time":{time.time():.6f}{encoded}}}\n'.encode("utf-8", "backslashreplace")
        if os.write(self._descriptor, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def close(self, **fields: object) -> None:
        """Write the ``closed`` event and close the file."""
        if not self._closed and os.getpid() == self._pid:
            self.write("closed", **fields)
            self._closed = True
            os.close(self._descriptor)


def members(fields: Mapping[str, object]) -> str:
    """Return the JSON text of an object's members, each after a comma."""
    return f",{_encode(fields)[1:-1]}" if fields else ""


def _create(path: Path) -> tuple[Path, int]:
    free, number = path, 1
    while True:
        try:
            return free, os.open(free, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        except FileExistsError:
            number += 1
            free = path.with_stem(f"{path.stem}-{number}")


def read(path: Path) -> list[Event]:
    """Return the events of a journal; a torn last line is left out, as its event did not happen.

    Raise `IncompleteError` for damage anywhere else, and for a version that is not ours.
    """
    lines = path.read_bytes().split(b"\n")
    events = _at_once(lines) or _one_by_one(lines, path)
    if events and events[0].get("version") != VERSION:
        raise IncompleteError(
            f"written in version {events[0].get('version')}, this juncture reads {VERSION}",
            where=str(path),
            hint="use the same version of juncture in every job",
        )
    return events


def _at_once(lines: list[bytes]) -> list[Event]:
    """Return the events of a whole journal in half the time, none where anything is odd."""
    try:
        events: list[Event] = json.loads(b"[%s]" % b",".join(filter(None, lines)))
    except ValueError:
        return []
    sound = lines[-1] == b"" and len(events) == len(lines) - lines.count(b"")
    return events if sound and all(isinstance(event, dict) and "event" in event for event in events) else []


def _one_by_one(lines: list[bytes], path: Path) -> list[Event]:
    events: list[Event] = []
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
    return events
