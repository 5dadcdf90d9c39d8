"""A project for pytester with a database and a cache."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from moorings import IMAGES, Moorings
from recorded import DROPPED, NO_SERVICES, Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from juncture.host.engine import Engine

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
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
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


@pytest.fixture(scope="session")
def docker_home(engine: Engine, keeper_pid: Callable[[Path], int | None]) -> Iterator[Path]:
    """Return a home with containers of its own, for the whole session."""
    folder = Path(tempfile.mkdtemp(prefix="juncture-"))
    yield folder
    Moorings(engine, folder).remove()
    if pid := keeper_pid(folder):
        os.kill(pid, signal.SIGTERM)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["embedded", "docker"])
def anywhere(small: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with each provider; return its name."""
    del small
    provider: str = request.param
    if provider == "docker":
        monkeypatch.setenv("JUNCTURE_PROVIDER", provider)
        monkeypatch.setenv("JUNCTURE_HOME", str(request.getfixturevalue("docker_home")))
        for name, image in {**IMAGES, "JUNCTURE_EVENTS_IMAGE": "juncture-test/nats:2"}.items():
            monkeypatch.setenv(name, image)
    return provider


@pytest.fixture
def record(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Recorded]:
    """Return a function that runs pytest on a module of tests, into a bundle, and returns what was recorded."""
    for name in DROPPED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    pytester.makefile(".toml", pyproject=NO_SERVICES)

    def run(text: str, *options: str, into: Path | None = None, **more: str) -> Recorded:
        pytester.makepyfile(test_it=text, **more)
        bundle = into or pytester.path / "bundle"
        monkeypatch.setenv("JUNCTURE_BUNDLE", str(bundle))
        return Recorded(pytester.runpytest_subprocess("-p", "no:cacheprovider", *options), bundle)

    return run
