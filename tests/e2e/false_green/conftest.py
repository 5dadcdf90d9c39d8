"""Two good bundles, of which every test has copies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkouts import TALLY, Project
from shards import KILLING, Shards

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Run both shards, measured, on two workers each."""
    folder = tmp_path_factory.mktemp("good")
    project = Project.copy(folder / "tally", folder / "home", TALLY)
    project.measured = True
    bundles = []
    for shard in ("1/2", "2/2"):
        code, output = project.run("-n", "2", "--juncture-shard", shard, "tests")
        assert code == 0, output
        project.seal()
        bundles.append(project.bundle)
    return Shards(project, tuple(bundles), folder / "out")


@pytest.fixture
def shards(good: Shards, tmp_path: Path) -> Shards:
    """Give copies of the project and of both bundles, to be damaged."""
    copies = [Path(shutil.copytree(path, tmp_path / f"shard-{number}")) for number, path in enumerate(good.bundles, 1)]
    project = Project.copy(tmp_path / "tally", good.project.home, good.project.folder)
    project.measured = True
    shutil.rmtree(project.folder / "bundles")
    return Shards(project, tuple(copies), tmp_path / "out")


@pytest.fixture
def killing(shards: Shards) -> Callable[[str], Shards]:
    """Return a function that lets a process of the next runs be killed: ``worker in the middle``."""

    def prepare(moment: str) -> Shards:
        shards.write("conftest.py", f"MOMENT = {moment!r}\n{KILLING}")
        return shards

    return prepare
