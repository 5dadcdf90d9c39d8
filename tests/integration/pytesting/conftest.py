"""A project for pytester with a database and a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DECLARATION = """
[project]
name = "small"
version = "1"
[tool.juncture]
idle = "30s"
[tool.juncture.services.db]
kind = "postgres"
seed = ["seed.sql"]
[tool.juncture.services.cache]
kind = "redis"
[tool.juncture.env]
DATABASE_URL = "{db.url}"
REDIS_URL = "{cache.url}"
"""

SEED = "CREATE TABLE fruit (name text PRIMARY KEY); INSERT INTO fruit VALUES ('apple'), ('pear');"


@pytest.fixture(scope="session")
def home(shared_home: Path) -> Path:
    """Return the home folder that every project here uses."""
    return shared_home


@pytest.fixture
def small(pytester: pytest.Pytester, home: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a pytester in a project that declares a Postgres with two rows, and a Redis."""
    for name in ("CI", "JUNCTURE_RUN", "JUNCTURE_BUNDLE", "JUNCTURE_SUITE", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(home))
    pytester.makefile(".toml", pyproject=DECLARATION)
    pytester.makefile(".sql", seed=SEED)
    return pytester


@pytest.fixture
def integration(small: pytest.Pytester) -> Callable[[str], None]:
    """Return a function that writes tests/integration/test_it.py."""

    def write(text: str) -> None:
        path = small.path / "tests" / "integration" / "test_it.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write
