"""Name the files that a result is divided into, and tell those of an earlier run from a user's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_part", "old_parts", "part_mark", "part_path"]

_HEAD = 1024
"""Bytes in which the mark of a part stands."""


def part_path(out: Path, number: int) -> Path:
    """Return the name of a part: ``junit-1.xml`` of ``junit.xml``."""
    return out.with_name(f"{out.stem}-{number}{out.suffix}")


def part_mark(number: int, total: int) -> str:
    """Return the comment by which a part is known: others may well have files of that name."""
    return f"<!-- part {number} of {total}, made by juncture junit.merge -->"


_MARK = re.compile(rb"<!-- part \d+ of \d+, made by juncture junit\.merge -->")


def is_part(path: Path, out: Path) -> bool:
    """Tell whether ``path`` is a part of ``out`` that an earlier run wrote: by its name, and by its first bytes."""
    pattern = rf"{re.escape(out.stem)}-[1-9]\d*{re.escape(out.suffix)}"
    if path.absolute().parent != out.absolute().parent or not re.fullmatch(pattern, path.name) or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return _MARK.search(file.read(_HEAD)) is not None
    except OSError:
        return False


def old_parts(out: Path) -> list[Path]:
    """Return the parts of ``out`` that are there."""
    return sorted(each for each in out.absolute().parent.glob(f"*{out.suffix}") if is_part(each, out))
