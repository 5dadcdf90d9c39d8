"""A bundle as one file: a zip archive that is there whole or not at all, and is unpacked without trusting it."""

from __future__ import annotations

import re
import shutil
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from juncture.errors import IncompleteError, UsageError
from juncture.host.files import replacing
from juncture.recording.bundle import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["SUFFIX", "pack", "unpack"]

SUFFIX = ".zip"

LARGEST = 4 * 1024**3
"""Bytes of an unpacked bundle. A bundle of 100,000 tests has some 50 MB; more than this is a bomb, or damage."""

MOST_FILES = 10_000

_PART = re.compile(r"[^\\/:*?\"<>|\x00-\x1f]+")
"""One part of a path that every platform takes as a name."""

_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(ArithmeticError, LookupError),
)
"""What the standard library raises for archives that are torn, encrypted, or packed in a way it does not know."""


def pack(folder: Path) -> Path:
    """Write a sealed bundle into one file beside its folder, and return that; the manifest comes last.

    Raise `UsageError` where that can't be written.
    """
    path = folder.with_name(folder.name + SUFFIX)
    try:
        _pack(folder, path)
    except OSError as error:
        hint = "packed it lies beside its folder: is that one that you may write to, with room on its disk?"
        raise UsageError(f"it can't be written: {error.strerror}", where=str(path), hint=hint) from None
    return path


def _pack(folder: Path, path: Path) -> None:
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    names.sort(key=lambda name: name == MANIFEST)
    with (
        replacing(path) as unfinished,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive,
    ):
        for name in names:
            archive.write(folder / name, name)


def unpack(path: Path, folder: Path) -> None:
    """Unpack a bundle into a new folder.

    Raise `IncompleteError` where it is no zip archive or a torn one, and for one that nobody packs: with names that
    lead elsewhere or come twice, or with more in it than a bundle ever has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if problem := _problem(members):
                raise IncompleteError(f"it is no bundle: {problem}", where=path.name)
            folder.mkdir(parents=True)
            for member in members:
                _extract(archive, member, folder)
    except _UNREADABLE as error:
        shutil.rmtree(folder, ignore_errors=True)
        what = str(error) or type(error).__name__
        raise IncompleteError(f"it can't be unpacked: {what}", where=path.name, hint="upload it again") from None


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    """Write one file; what the archive says of its size is not believed."""
    target = folder.joinpath(*member.filename.split("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("xb") as file:
        left = member.file_size + 1
        while left > 0 and (block := packed.read(min(left, 1 << 20))):
            file.write(block)
            left -= len(block)
    if left != 1:
        raise zipfile.BadZipFile(f"{member.filename} is not as large as it says")


def _problem(members: Sequence[zipfile.ZipInfo]) -> str:
    """Return what is wrong with an archive's list of files; empty where nothing is."""
    names = [member.filename for member in members]
    if len(names) > MOST_FILES:
        return f"it holds {len(names)} files"
    if len(set(names)) != len(names):
        return "a name is in it twice"
    for name in names:
        parts = name.split("/")
        if not all(map(_PART.fullmatch, parts)) or any(part.startswith(".") for part in parts):
            return f"no bundle has a file {name[:80]!r}"
    if any(member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for member in members):
        return "it is packed in a way that no bundle is"
    size = sum(member.file_size for member in members)
    return f"unpacked it has {size / 1024**3:.1f} GiB" if size > LARGEST else ""
