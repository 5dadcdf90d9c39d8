"""Fixtures of the end-to-end tests: a home folder that an unprivileged server can reach, and projects in it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkouts import Project

from juncture.host import folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests on one worker: each of them has workers of its own."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Give a home folder with the server programs in it; pytest's own folders can't be entered by others."""
    folder = Path(tempfile.mkdtemp(prefix="juncture-e2e-"))
    folder.chmod(0o755)
    servers = folders.home(os.environ) / "servers"
    assert servers.is_dir(), "no server programs here: `nox -s tests` fetches them"
    (folder / "servers").symlink_to(servers)
    yield folder
    Project(folder, folder).clean()


@pytest.fixture
def checkout(tmp_path: Path, home: Path) -> Callable[[str], Project]:
    """Return a function that copies the ledger to a folder of that name."""
    return lambda name: Project.copy(tmp_path / name, home)
