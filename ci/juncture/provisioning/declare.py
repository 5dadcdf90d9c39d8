"""Load the declaration against the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from juncture.config import Config, find_root, load
from juncture.errors import ConfigError
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["declare"]


def declare(root: Path | None, *, environ: Mapping[str, str], overrides: Mapping[str, str] | None = None) -> Config:
    """Return the declaration of the project at ``root``, or of the nearest one above the current folder.

    Raise `ConfigError` where there is none, or where it does not make sense.
    """
    if root is None:
        root = find_root(Path.cwd())
    if root is None:
        raise ConfigError(
            "no pyproject.toml here, or above, has a [tool.juncture] table",
            where=str(Path.cwd()),
            hint="change into the project's folder, or pass --root DIR",
        )
    return load(root, kinds=schemas(), environ=environ, overrides=overrides or {})
