"""Merge the JUnit files of any tools into one file, or into parts of a size."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import JunctureError, UsageError
from juncture.merging.foreign.divide import divide
from juncture.merging.foreign.duplicates import Duplicates, find_duplicates
from juncture.merging.foreign.parts import old_parts, part_mark, part_path
from juncture.merging.foreign.read import Input, Refused, read_files
from juncture.merging.foreign.write import write_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.merging.foreign.values import Counts

__all__ = ["ForeignMerge", "Written", "merge_files"]


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written, its size in bytes and its number of tests."""

    path: Path
    size: int
    tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignMerge:
    """What was read and written. ``written`` is empty where no file could be read: what was there stays."""

    files: tuple[Input, ...]
    refused: tuple[Refused, ...]
    left_out: tuple[Path, ...]
    counts: Counts
    duplicates: Duplicates
    written: tuple[Written, ...]


def merge_files(out: Path, names: Iterable[str], *, limit: int = 0) -> ForeignMerge:
    """Merge the files that ``names`` stand for (files, folders, patterns) into ``out``, in one step at the end.

    With a ``limit`` in bytes a larger result is written as ``out-1``, ``out-2`` and so on, and ``out`` is not there.
    Parts that an earlier run left are removed. Raise `UsageError` where ``out`` can't be written.
    """
    try:
        out = out.resolve()  # where it is a link, what it leads to is written
        if out.is_dir():
            raise UsageError("is a folder", where=str(out), hint="the file to write comes first")
        with ExitStack() as stack:
            copies = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="juncture-junit-")))
            readings = read_files(names, copies, out=out)
            duplicates = find_duplicates(readings)
            counts = readings.counts
            written: Sequence[Written] = ()
            if readings.files:
                out.parent.mkdir(parents=True, exist_ok=True)
                beside = tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent)
                written = _write(out, readings.files, counts, limit, Path(stack.enter_context(beside)))
    except OSError as error:
        raise UsageError((error.strerror or str(error)).lower(), where=str(error.filename or out)) from None
    return ForeignMerge(
        files=tuple(readings.files),
        refused=tuple(readings.refused),
        left_out=tuple(readings.left_out),
        counts=counts,
        duplicates=duplicates,
        written=tuple(written),
    )


def _write(out: Path, files: Sequence[Input], counts: Counts, limit: int, folder: Path) -> list[Written]:
    """Write to ``folder``, which is on the disk of ``out``, and put what is complete in its place."""
    whole = folder / "whole.xml"
    with whole.open("wb") as file:
        write_files(file, files, counts)
    placed = [(whole, out, counts.tests)]
    if limit and whole.stat().st_size > limit:
        with whole.open("rb") as file:
            raw = divide(file, limit, folder)
        placed = [_part(each, number, len(raw), out) for number, each in enumerate(raw, 1)]
    written = [Written(target, path.stat().st_size, tests) for path, target, tests in placed]
    stale = {*old_parts(out), out} - {each.path for each in written}
    for path, target, _ in placed:
        path.replace(target)
    for path in stale:
        path.unlink(missing_ok=True)
    return written


def _part(raw: Path, number: int, total: int, out: Path) -> tuple[Path, Path, int]:
    """Write a part with counts of its own; return where it is, where it belongs and its number of tests."""
    readings = read_files([str(raw)], raw.parent)
    if readings.refused:
        raise JunctureError(f"a part is not well-formed: {readings.refused[0].reason}", where=str(out))
    counted = raw.with_suffix(".counted")
    with counted.open("wb") as file:
        write_files(file, readings.files, readings.counts, comment=part_mark(number, total))
    raw.unlink()
    return counted, part_path(out, number), readings.counts.tests
