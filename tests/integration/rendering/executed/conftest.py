"""Pipelines that really run: what it takes, and which of them only `nox -s soak` has the time for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engines import Registry
from executed import PIER, CiProject, Kit, make_kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from juncture.host.engine import Engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run one pipeline at a time: each of them has several jobs."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("pipelines"))
            item.add_marker(pytest.mark.timeout(3600))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave what takes minutes to `nox -s soak`."""
    return True if collection_path.name.startswith("test_soak_") and not os.environ.get("JUNCTURE_SOAK") else None


@pytest.fixture(scope="session")
def kit(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """Give the programs, the images in a registry and juncture's wheel."""
    assert engine
    with Registry() as registry:
        made = make_kit(tmp_path_factory.mktemp("kit"), registry)
        yield made
        made.forget()


@pytest.fixture(scope="module")
def new_project(kit: Kit) -> Iterator[Callable[..., CiProject]]:
    """Return a function that makes a project, by default the small one, with its pipelines rendered."""
    with tempfile.TemporaryDirectory(prefix="juncture-ci-") as folder:
        number = iter(range(100))

        def make(source: Path = PIER, *, container: bool = True, **services: str) -> CiProject:
            project = CiProject(Path(folder, str(next(number)), source.name), kit, container=container)
            project.services.update(services)
            project.make(source)
            return project

        yield make
