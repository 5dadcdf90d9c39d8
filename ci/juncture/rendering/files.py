"""A rendered file, the head by which juncture knows its own, and what every platform counts in."""

from __future__ import annotations

import math
import re

from juncture.values import Value

__all__ = ["MARK", "File", "declaration_of", "head", "minutes"]

MARK = "Written by `juncture ci.render`"
"""Stands in the first lines of every rendered file; one without it is somebody's own, and is never written over."""

FROM = re.compile(rf"^# {re.escape(MARK)} from \[tool\.juncture\] in (.+)\.\r?$", re.MULTILINE)


class File(Value):
    """A rendered file: its path in the repository, with ``/``, and its text."""

    path: str
    text: str


def head(declaration: str) -> str:
    """Return the comment that a file begins with; ``declaration`` is the path of the pyproject.toml behind it."""
    return (
        f"# {MARK} from [tool.juncture] in {declaration}.\n"
        "# Change it there, in [tool.juncture.ci] what is about jobs alone, and render again."
    )


def declaration_of(text: str) -> str:
    """Return the path of the declaration that a rendered text names in its head; empty where it names none."""
    found = FROM.search(text)
    return found[1] if found else ""


def minutes(seconds: float) -> int:
    """Return a time limit in whole minutes, one at least: a platform takes 0 for none, or for an error."""
    return max(1, math.ceil(seconds / 60))
