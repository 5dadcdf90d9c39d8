"""The end of logs, and what is appended to them while somebody watches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from juncture.providers.docker.log import EngineLog

__all__ = ["EngineTail", "Tail", "following", "labelled"]

_BLOCK = 65_536
_PAUSE = 0.2


class Tail:
    """One log file that is read from its end.

    A file that does not exist yet has no lines; one that was replaced or cut is read from its start again.
    """

    def __init__(self, name: str, path: Path) -> None:
        """Remember the file; nothing is read yet."""
        self.name = name
        self.path = path
        self._inode = 0
        self._offset = 0
        self._rest = b""

    def last(self, count: int) -> list[str]:
        """Return the last ``count`` lines, and go on after them."""
        try:
            with self.path.open("rb") as file:
                self._inode = _inode(self.path)
                self._offset = position = file.seek(0, 2)
                data = b""
                while position > 0 and data.count(b"\n") <= count:
                    size = min(_BLOCK, position)
                    position -= size
                    file.seek(position)
                    data = file.read(size) + data
        except FileNotFoundError:
            return []
        lines = data.decode(errors="replace").splitlines()
        return lines[-count:] if count else []

    def new(self) -> list[str]:
        """Return the complete lines that were appended since the last call."""
        try:
            inode = _inode(self.path)
            with self.path.open("rb") as file:
                if inode != self._inode or file.seek(0, 2) < self._offset:
                    self._inode, self._offset, self._rest = inode, 0, b""
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode(errors="replace").rstrip("\r") for line in lines]


class EngineTail:
    """The log of one container, as its engine keeps it; one that is gone has no lines."""

    def __init__(self, name: str, log: EngineLog) -> None:
        """Remember the log; nothing is read yet."""
        self.name = name
        self.log = log
        self._seen = ""

    def last(self, count: int) -> list[str]:
        """Return the last ``count`` lines, and go on after them."""
        lines = self._read(self.log.dated(last=max(count, 1)))
        return lines[-count:] if count else []

    def new(self) -> list[str]:
        """Return the lines that were written since the last call."""
        return self._read(self.log.dated(self._seen))

    def _read(self, lines: Sequence[tuple[str, str]]) -> list[str]:
        if lines:
            self._seen = lines[-1][0]
        return [text for _, text in lines]


def following(tails: Sequence[Tail | EngineTail]) -> Iterator[tuple[str, list[str]]]:
    """Yield ``(name, new lines)`` for ever, as files grow."""
    while True:
        for tail in tails:
            if lines := tail.new():
                yield tail.name, lines
        time.sleep(_PAUSE)


def labelled(name: str, lines: Sequence[str], width: int) -> list[str]:
    """Return the lines behind the name of their service, padded to ``width``; ``0`` leaves them bare."""
    return [f"{name.ljust(width)}  {line}" for line in lines] if width else list(lines)


def _inode(path: Path) -> int:
    """Return what tells a file from another one that took its name."""
    return path.stat().st_ino
