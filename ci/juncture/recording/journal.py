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
from contextlib import suppress
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
    """The journal of this process; ``path`` is where it really is, which is not always where it was asked for.

    ``broken`` says what kept it from being written, empty while nothing did. One that is broken once stays so, and has
    no closing line: a line after a torn one would be damage, and tests are not to fail because they can't be recorded.
    """

    def __init__(self, path: Path, **opened: object) -> None:
        """Create the file and write the ``opened`` event.

        Where the file is there already, the next free name is taken: ``journal-gw0-2.jsonl``.
        """
        self.path = path
        self.broken = ""
        self._pid = os.getpid()
        # Kept here, and not looked up in the module: what patches clocks for a test looks through modules.
        self._monotonic = time.monotonic
        self._epoch = time.time() - time.monotonic()
        self._descriptor = -1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path, self._descriptor = _create(path)
        except OSError as error:
            self._stop(error)
        self.write("opened", version=VERSION, pid=self._pid, **opened)

    def write(self, event: str, **fields: object) -> None:
        """Append one event with its time: that of the day at the opening, and what a steady clock counted since."""
        self.append(event, members(fields))

    def append(self, event: str, encoded: str) -> None:
        """Append one event whose members are encoded already, as `members` does: 2 µs where `write` takes 5.

        A process that was forked from this one writes nothing: its events would be taken for this one's. Nothing is
        written after ``close`` either.
        """
        if self._descriptor < 0 or os.getpid() != self._pid:
            return
        now = self._epoch + self._monotonic()
        line = f'{{"event":"{event}","time":{now:.6f}{encoded}}}\n'.encode("utf-8", "backslashreplace")
        try:
            if os.write(self._descriptor, line) != len(line):
                self._stop(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        except OSError as error:
            self._stop(error)

    def close(self, **fields: object) -> None:
        """Write the ``closed`` event and close the file."""
        self.write("closed", **fields)
        if self._descriptor >= 0 and os.getpid() == self._pid:
            self._look_for_the_file()
            self._release()

    def _look_for_the_file(self) -> None:
        try:
            if not os.path.samestat(os.fstat(self._descriptor), self.path.stat()):
                self.broken = "it was replaced while the run was on"
        except OSError as error:
            self.broken = f"it was removed while the run was on ({error.strerror})"

    def _stop(self, error: OSError) -> None:
        self.broken = error.strerror or str(error)
        self._release()

    def _release(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):  # somebody else closed it, or the disk is full: there is nothing more to lose
                os.close(descriptor)


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

    Raise `IncompleteError` for damage anywhere else, for a version that is not ours, and for what is no readable file.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise IncompleteError(f"it can't be read: {error.strerror}", where=str(path)) from None
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
