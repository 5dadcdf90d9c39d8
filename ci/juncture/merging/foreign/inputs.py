"""Find the files that a command line means: files, folders and patterns."""

from __future__ import annotations

import glob
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.merging.foreign.parts import is_part

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Inputs", "find_inputs"]


@dataclass(slots=True)
class Inputs:
    """The files to read, in the order of the command line and sorted within a folder or pattern, none twice.

    ``sizes`` are theirs in bytes. ``missing`` are the inputs that stand for no file, each with the reason; ``left_out``
    are files that an earlier run wrote, which a folder or a pattern found.
    """

    files: list[Path] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)


def find_inputs(names: Iterable[str], out: Path | None = None) -> Inputs:
    """Find the files that ``names`` stand for; a folder stands for every ``*.xml`` in and below it.

    A name that exists is no pattern. ``out``, the file to write, is read only where it is named itself: that a folder
    holds it comes from the run before. What is no regular file, such as a pipe, is missing: reading it might never end.
    """
    inputs = Inputs()
    seen: set[tuple[int, int]] = set()
    for name in names:
        path = Path(name)
        if path.is_dir():
            found, reason = _in_folder(path), "holds no file *.xml"
        elif path.exists() or not glob.has_magic(name):
            found, reason = [path], ""
        else:
            found = sorted(each for each in map(Path, glob.glob(name, recursive=True)) if not each.is_dir())  # noqa: PTH207 - the pattern may be absolute
            reason = "matches no file"
        searched = bool(reason)
        if searched and out is not None:
            ours = [each for each in found if _is_ours(each, out)]
            inputs.left_out += [each for each in ours if each not in inputs.left_out]
            found = [each for each in found if each not in ours]
        if not found:
            inputs.missing.append((name, reason))
        for each in found:
            _take(inputs, each, seen)
    return inputs


def _in_folder(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.suffix.lower() == ".xml" and not each.is_dir())


def _take(inputs: Inputs, path: Path, seen: set[tuple[int, int]]) -> None:
    try:
        status = path.stat()
    except OSError as error:
        inputs.missing.append((str(path), (error.strerror or str(error)).lower()))
        return
    if not stat.S_ISREG(status.st_mode):
        inputs.missing.append((str(path), "is no regular file"))
    elif (status.st_dev, status.st_ino) not in seen:
        seen.add((status.st_dev, status.st_ino))
        inputs.files.append(path)
        inputs.sizes.append(status.st_size)


def _is_ours(path: Path, out: Path) -> bool:
    return path.absolute() == out.absolute() or path.resolve() == out.resolve() or is_part(path, out)
