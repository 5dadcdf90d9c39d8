"""A project with a declaration, and the process of a program in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

import juncture

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

DECLARATION = """\
[project]
name = "shop"
[tool.juncture]
shards = 4
[tool.juncture.services.db]
kind = "postgres"
version = "16"
[tool.juncture.services.cache]
kind = "redis"
[tool.juncture.env]
DATABASE_URL = "{db.url}"
BROKER_URL = "amqp://me:hunter2@broker/x"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with one database, one cache and a password that should not be there."""
    (tmp_path / "pyproject.toml").write_text(DECLARATION)
    return tmp_path


@pytest.fixture
def source_root() -> str:
    """Return the folder to put on ``PYTHONPATH`` for a process that imports juncture."""
    return str(Path(juncture.__file__).parents[1])


@pytest.fixture
def run(source_root: str) -> Run:
    """Return a function that runs a program by its module's name in a folder."""

    def run(folder: Path, *words: str, module: str = "juncture") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": source_root, "COLUMNS": "80"}
        command = [sys.executable, "-m", module, *words]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=30
        )

    return run
