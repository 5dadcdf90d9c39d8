"""Read all inputs of a merge: what each file holds, or why it is refused."""

from __future__ import annotations

from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from juncture.errors import IncompleteError
from juncture.merging.foreign.encodings import encoding_of, transcode
from juncture.merging.foreign.inputs import find_inputs
from juncture.merging.foreign.refusal import Refusal
from juncture.merging.foreign.scan import scan
from juncture.merging.foreign.spread import processors, spread
from juncture.merging.foreign.values import Counts, Scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["Input", "Readings", "Refused", "read_files"]

_SEVERAL = 1024
"""Bytes that tell a file's encoding."""

_LARGE = 4 << 20
"""Bytes from which on other processors are worth it."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file that was read. ``data`` is where its text stands in UTF-8: the file itself, or a copy.

    ``first`` is the number of its first case among the cases of all files; ``stamp`` is what changes with the file.
    """

    path: Path
    data: Path
    scan: Scan
    stamp: tuple[int, ...]
    first: int = 0

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open what was read; raise `IncompleteError` where it is not the same any more, also if that shows later."""
        hint = "merge when everything that writes it has ended"
        changed = IncompleteError("changed while it was read", where=str(self.path), hint=hint)
        try:
            if _stamp(self.path) != self.stamp:
                raise changed
            with self.data.open("rb") as file:
                yield file
        except (EOFError, FileNotFoundError, Refusal):
            raise changed from None


@dataclass(frozen=True, slots=True)
class Refused:
    """An input that is not in the result, and why; line and column are 0 where the reason is no place in a file."""

    name: str
    reason: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``file:line:column: reason``, which editors and terminals know as a place."""
        return f"{self.place}: {self.reason}"

    @property
    def place(self) -> str:
        """Return ``file:line:column``, or the file alone."""
        return f"{self.name}:{self.line}:{self.column}" if self.line else self.name


@dataclass(slots=True)
class Readings:
    """All inputs in their order. ``keys`` has a 64-bit key of each case: the same for the same suite and names."""

    files: list[Input] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    keys: array[int] = field(default_factory=lambda: array("q"))

    @property
    def counts(self) -> Counts:
        """Return the figures of all files."""
        total = Counts()
        for each in self.files:
            total.add(each.scan.counts)
        return total


def read_files(names: Iterable[str], copies: Path, *, out: Path | None = None) -> Readings:
    """Read every file that ``names`` stand for; see `inputs.find_inputs` for them and for ``out``.

    Files in other encodings are copied to the folder ``copies`` in UTF-8.
    """
    inputs = find_inputs(names, out)
    readings = Readings(left_out=inputs.left_out)
    readings.refused = [Refused(name, reason) for name, reason in inputs.missing]

    def read(number: int) -> tuple[Input | Refused, array[int]]:
        keys = array("q")
        return _read_or_refuse(inputs.files[number], copies / f"{number}.xml", keys), keys

    for found, keys in spread(read, inputs.sizes, processors() if sum(inputs.sizes) > _LARGE else 1):
        if isinstance(found, Refused):
            readings.refused.append(found)
        else:
            readings.files.append(replace(found, first=len(readings.keys)))
            readings.keys.extend(keys)
    return readings


def _read_or_refuse(path: Path, copy: Path, keys: array[int]) -> Input | Refused:
    try:
        return _read(path, copy, keys)
    except Refusal as refusal:
        return Refused(str(path), refusal.reason, refusal.line, refusal.column)
    except OSError as error:
        return Refused(str(path), f"can't be read: {error.strerror or error}")


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written to or replaced."""
    status = path.stat()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _read(path: Path, copy: Path, keys: array[int]) -> Input:
    stamp = _stamp(path)
    with path.open("rb", buffering=0) as file:
        encoding = encoding_of(file.read(_SEVERAL))
        file.seek(0)
        if encoding == "utf-8":
            return Input(path, path, scan(file, keys), stamp)
        transcode(file, encoding, copy)
    with copy.open("rb", buffering=0) as file:
        return Input(path, copy, scan(file, keys), stamp)
