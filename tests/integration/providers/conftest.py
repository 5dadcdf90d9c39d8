"""Homes of which a test makes containers, or embedded servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from embedded_site import Site
from quay import Quay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from juncture.host.engine import Engine


@pytest.fixture
def quay(bare_home: Path, engine: Engine, environment_of: Callable[[Path], dict[str, str]]) -> Iterator[Quay]:
    """Return a home whose containers this test makes."""
    made = Quay(bare_home, engine, environment_of(bare_home))
    yield made
    made.clean()


@pytest.fixture
def site(own_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> Iterator[Site]:
    """Return a home of this test's own."""
    made = Site(own_home, environment_of(own_home))
    yield made
    for server in made.held:
        server.release()
