"""A compose file beside a pyproject.toml that names it, and what loading the two makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.config import Config, load
from juncture.errors import ConfigError
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FILE", "declare", "told"]

FILE = "docker-compose.test.yml"


def declare(
    folder: Path, compose: str, over: str = "", *, environ: Mapping[str, str] | None = None, file: str = FILE
) -> Config:
    """Write the two files and load the declaration."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(compose)
    (folder / "pyproject.toml").write_text(f'[tool.juncture]\ncompose = "{file}"\n{over}')
    return load(folder, kinds=schemas(), environ=environ or {})


def told(folder: Path, compose: str, over: str = "", *, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the lines of the error that the two files make, without the indent."""
    with pytest.raises(ConfigError) as raised:
        declare(folder, compose, over, environ=environ)
    first, *rest = str(raised.value).splitlines()
    return [line.strip() for line in rest] if "problems in the decl" in first else [first, *map(str.strip, rest)]
