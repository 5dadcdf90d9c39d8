"""Files that are there whole or not at all: written under another name beside, then put in place by one rename."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["replace_text", "replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to in the same folder; what is there at the end takes the place of ``path``.

    After an error nothing has changed. Another process that replaces the same file at the same time writes elsewhere.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(2).hex()}.new")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a whole file of UTF-8, in place of an older one; its folder must be there.

    What UTF-8 has no form for, such as an odd byte in a file's name, is written out.
    """
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", errors="backslashreplace")
