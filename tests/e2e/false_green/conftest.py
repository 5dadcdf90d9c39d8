"""Two good bundles, of which every test has copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shards import KILLING, Shards

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Run both shards, measured, on two workers each."""
    return Shards.run_both(tmp_path_factory.mktemp("good"))


@pytest.fixture
def shards(good: Shards, tmp_path: Path) -> Shards:
    """Give copies of the project and of both bundles, to be damaged."""
    return good.copied(tmp_path)


@pytest.fixture
def killing(shards: Shards) -> Callable[[str], Shards]:
    """Return a function that lets a process of the next runs be killed: ``worker in the middle``."""

    def prepare(moment: str) -> Shards:
        shards.write("conftest.py", f"MOMENT = {moment!r}\n{KILLING}")
        return shards

    return prepare
