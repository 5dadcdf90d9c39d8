"""Whether a session's environment already holds what it should.

An installer that finds nothing to do still takes half a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.sessions._requirements import read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["STAMP", "digest", "is_fresh"]

STAMP = "juncture-install.txt"
"""The file in a virtual environment that holds the digest of what was installed there last."""

NOT_INSTALLED = frozenset({"coverage", "juncture", "mypy", "pytest", "ruff"})
"""Tables of pyproject.toml that change nothing about an installation."""

FILE_OPTION = re.compile(r"(?:-c|-r|--constraint(?=[=\s]|$)|--requirement(?=[=\s]|$))[=\s]*(.*)")
"""An option of an installer whose value is a file of requirements, as words and such files have it."""

NO_REQUIREMENTS = frozenset({"classifiers", "description", "readme"})
"""Dynamic fields of setuptools that change nothing but words."""


def digest(requirements: Sequence[str], *, root: Path, projects: Iterable[Path], version: str) -> str:
    """Return a digest of all that decides what an installer does in an environment.

    ``requirements`` are its words, relative to ``root``; ``projects`` the folders whose metadata is installed;
    ``version`` juncture's own. Files of requirements count with those that they name. Of a wheel or another local file
    the size and time are enough.
    """
    facts: list[object] = [version, list(requirements)]
    for project in projects:
        pyproject = read_pyproject(project)
        tools: dict[str, Any] = pyproject.pop("tool", {})
        facts += [pyproject, {name: table for name, table in tools.items() if name not in NOT_INSTALLED}]
        facts += [_content(project / name) for name in ("setup.cfg", "setup.py")]
        facts += [_contents(project / name) for name in _dynamic(tools)]
    for option, word in zip(["", *requirements], requirements, strict=False):
        path = root / word
        if (match := FILE_OPTION.fullmatch(option)) and not match[1]:
            facts.append(_contents(path))
        elif match := FILE_OPTION.fullmatch(word):
            facts += [_contents(root / match[1])] if match[1] else []
        elif not word.startswith("-") and path.is_file():
            status = path.stat()
            facts.append([status.st_size, status.st_mtime_ns])
    text = json.dumps(facts, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_fresh(environment: Path, expected: str) -> bool:
    """Tell whether the environment's stamp is the expected one."""
    return _content(environment / STAMP).strip() == expected


def _dynamic(tools: Mapping[str, Any]) -> list[str]:
    """Return the files that setuptools takes a project's requirements from, or another dynamic field."""
    fields: dict[str, Any] = tools.get("setuptools", {}).get("dynamic", {})
    tables = [table for name, table in fields.items() if name not in NO_REQUIREMENTS and isinstance(table, dict)]
    tables += [inner for table in tables for inner in table.values() if isinstance(inner, dict)]
    named = [table.get("file", ()) for table in tables]
    return [str(file) for files in named for file in ([files] if isinstance(files, str) else files)]


def _contents(path: Path) -> list[str]:
    """Return the contents of a file of requirements and of those that it names, each once."""
    found: dict[Path, str] = {}
    left = [path]
    while left:
        file = Path(os.path.normpath(left.pop()))
        if file not in found:
            found[file] = _content(file)
            lines = (line.partition(" #")[0].strip() for line in found[file].splitlines())
            left += [file.parent / match[1] for line in lines if (match := FILE_OPTION.fullmatch(line)) and match[1]]
    return list(found.values())


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "backslashreplace")
    except OSError:
        return ""
