"""Tell where the sources lay on the runners that measured them. Pure, but for the question what exists here."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["elsewhere", "is_absolute", "roots_elsewhere"]

SURE = 2
"""Parts of a path that have to exist here: many projects have a ``conftest.py``, few the same folder with it."""


def is_absolute(name: str) -> bool:
    r"""Tell whether a file's name is absolute on any system: ``/builds/x``, ``D:\x``, ``\\host\x``."""
    return name.startswith("/") or PureWindowsPath(name).is_absolute()


def elsewhere(names: Iterable[str], root: str) -> list[str]:
    """Return the absolute names that are not below ``root``, sorted."""
    return sorted(name for name in names if is_absolute(name) and not name.startswith(f"{root.rstrip('/')}/"))


def roots_elsewhere(names: Iterable[str], exists: Callable[[str], bool]) -> list[str]:
    """Return the folders that stood for the root where the named files were measured, the longest first.

    Each name, absolute and not of here, is cut from its left until the rest ``exists`` below the root. What was cut off
    is a root elsewhere if most of the names below it end in files that exist, and one of them in more than a file's
    name: a library that happens to have a module of the same name is none.
    """
    every = list(names)
    votes: Counter[str] = Counter()
    sure: set[str] = set()
    for name in every:
        parts = re.split(r"[/\\]", name)
        for at in range(1, len(parts)):
            if exists("/".join(parts[at:])):
                prefix = name[: len(name) - len("/".join(parts[at:])) - 1]
                votes[prefix] += 1
                if len(parts) - at >= SURE:
                    sure.add(prefix)
                break
    below = {prefix: sum(name.startswith((f"{prefix}/", f"{prefix}\\")) for name in every) for prefix in sure}
    return sorted(
        (prefix for prefix in sure if prefix and 2 * votes[prefix] > below[prefix]), key=lambda each: (-len(each), each)
    )
