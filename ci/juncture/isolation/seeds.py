"""Seeds that are functions of the project: where their source is, and how they are called."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.isolation.migrations import files_below

if TYPE_CHECKING:
    from juncture.config import Service

__all__ = ["call_words", "is_call", "source_files"]

CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")

CODE = """
import importlib, sys
place, module, function = sys.argv[1:]
if place not in sys.path:
    sys.path.insert(0, place)
getattr(importlib.import_module(module), function)()
"""


def is_call(seed: str) -> bool:
    """Tell whether a seed is ``module:function``, and no pattern of files."""
    return CALL.fullmatch(seed) is not None


def call_words(root: Path, service: Service, seed: str) -> list[str]:
    """Return the command line that calls a seed in the interpreter of this process."""
    module, _, function = seed.partition(":")
    place, _ = _found(root, service, seed)
    return [sys.executable, "-c", CODE, str(place), module, function]


def source_files(root: Path, service: Service, seed: str) -> list[Path]:
    """Return the files of a seed's module, sorted: all of them where it is a package.

    Raise `ConfigError` where there is none: a seed whose change is not seen is a false green.
    """
    _, path = _found(root, service, seed)
    return sorted(files_below(path)) if path.is_dir() else [path]


def _found(root: Path, service: Service, seed: str) -> tuple[Path, Path]:
    """Return the entry of ``sys.path`` that has a seed's module, and its file or, of a package, its folder."""
    inner = Path(*seed.partition(":")[0].split("."))
    for place in (root, root / "src", *map(Path, filter(None, sys.path))):
        if (place / inner / "__init__.py").is_file():
            return place, place / inner
        if (file := place / inner.with_suffix(".py")).is_file():
            return place, file
    raise ConfigError(
        f"{seed!r} names no module that can be found",
        where=f"pyproject.toml: tool.juncture.services.{service.name}.seed",
        hint=f"looked in {root}, in its src and on the path of this Python",
    )
