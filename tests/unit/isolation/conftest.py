"""Projects on disk, and their declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.config import Config, parse
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Declare(Protocol):
    """Declare one Postgres ``db`` with the given keys."""

    def __call__(self, project: str = "shop", **keys: Any) -> Config:
        """Return the declaration."""
        ...


class Write(Protocol):
    """Write files below the project's root."""

    def __call__(self, files: Mapping[str, str]) -> None:
        """Write each text to its path."""
        ...


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the project's root."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def declare(root: Path) -> Declare:
    """Return a function that declares a Postgres."""

    def declared(project: str = "shop", **keys: Any) -> Config:
        table = {"services": {"db": {"kind": "postgres"} | keys}}
        return parse(table, root=root, kinds=schemas(), project=project, environ={}, overrides={})

    return declared


@pytest.fixture
def write(root: Path) -> Write:
    """Return a function that writes texts to paths below the root."""

    def written(files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    return written
