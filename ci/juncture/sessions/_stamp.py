"""Whether a session's environment already holds what it should.

An installer that finds nothing to do still takes half a second.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from juncture.sessions._requirements import read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["STAMP", "digest", "is_fresh"]

STAMP = "juncture-install.txt"
"""The file in a virtual environment that holds the digest of what was installed there last."""

NOT_INSTALLED = frozenset({"coverage", "juncture", "mypy", "pytest", "ruff"})
"""Tables of pyproject.toml that change nothing about an installation."""

FILE_OPTIONS = frozenset({"-c", "-r", "--constraint", "--requirement"})


def digest(requirements: Sequence[str], *, root: Path, projects: Iterable[Path], version: str) -> str:
    """Return a digest of all that decides what an installer does in an environment.

    ``requirements`` are its words, relative to ``root``; ``projects`` the folders whose metadata is installed;
    ``version`` juncture's own. Of a wheel or another local file the size and time are enough.
    """
    facts: list[object] = [version, list(requirements)]
    for project in projects:
        pyproject = read_pyproject(project)
        tools: dict[str, Any] = pyproject.pop("tool", {})
        facts += [pyproject, {name: table for name, table in tools.items() if name not in NOT_INSTALLED}]
        facts += [_content(project / name) for name in ("setup.cfg", "setup.py")]
    for option, word in zip(["", *requirements], requirements, strict=False):
        path = root / word
        if option in FILE_OPTIONS:
            facts.append(_content(path))
        elif not word.startswith("-") and path.is_file():
            status = path.stat()
            facts.append([status.st_size, status.st_mtime_ns])
    text = json.dumps(facts, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_fresh(environment: Path, expected: str) -> bool:
    """Tell whether the environment's stamp is the expected one."""
    return _content(environment / STAMP).strip() == expected


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
