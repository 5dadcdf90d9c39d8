"""Tests of ``juncture.migrations._alembic``; that it runs is tested with a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from juncture.migrations._alembic import Revision, _interpreter, position


@pytest.mark.parametrize(
    ("words", "interpreter"),
    [
        ("alembic", [sys.executable]),
        ("python -m alembic", ["python"]),
        ("python3.12 -X dev -m alembic", ["python3.12", "-X", "dev"]),
        ("uv run alembic", ["uv", "run", "python"]),
        ("uv run python -m alembic", ["uv", "run", "python"]),
        (".venv/bin/alembic", [".venv/bin/python"]),
        ("env PYTHONPATH=src /opt/app/bin/alembic", ["env", "PYTHONPATH=src", "/opt/app/bin/python"]),
    ],
)
def test_the_python_that_has_alembic_is_found(words: str, interpreter: list[str]) -> None:
    """Whatever stands before Alembic in the command runs the Python beside it."""
    every = [*words.split(), "-c", "db/alembic.ini", "upgrade", "head"]
    at = position(every)
    assert at == len(words.split()) - 1
    assert _interpreter(every[: at + 1]) == interpreter


@pytest.mark.parametrize("words", ["python manage.py migrate", "sh -c 'alembic upgrade head'", "yoyo apply"])
def test_another_tool_is_none_of_alembics(words: str) -> None:
    """A shell's text is not looked into: what else it does is not known."""
    assert position(words.split(" ", 2)) is None


def test_a_revision_is_told_with_its_file() -> None:
    """Relative to the project where it is inside, else as it is."""
    revision = Revision("0004", ("0003",), Path("/shop/migrations/0004_orders.py"))
    assert revision.told(Path("/shop")) == "0004 (migrations/0004_orders.py)"
    assert revision.told(Path("/other")) == "0004 (/shop/migrations/0004_orders.py)"
