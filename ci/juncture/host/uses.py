"""Uses: which services of which projects a server was started for, written down once, for people and for cleaning up.

A use is no lease: it says nothing about now, and decides nothing alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.host.folders import private_folder
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Use", "forget", "note", "uses"]


class Use(Value):
    """A service, by its name in the declaration of the project at ``root``."""

    root: Path
    service: str


def note(home: Path, key: str, use: Use) -> None:
    """Write down that the server of that key serves a service; a second time costs one look."""
    text = json.dumps({"root": str(use.root), "service": use.service})
    name = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]
    path = private_folder(home, "run", "uses", key) / name
    if path.exists():
        return
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


def uses(home: Path, key: str) -> frozenset[Use]:
    """Return what the server of that key was ever started for."""
    return frozenset(_read(home / "run" / "uses" / key))


def forget(home: Path, key: str) -> None:
    """Remove what is written down of a server that is gone."""
    shutil.rmtree(home / "run" / "uses" / key, ignore_errors=True)


def _read(folder: Path) -> Iterator[Use]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            found = json.loads(path.read_text())
            yield Use(Path(found["root"]), str(found["service"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
