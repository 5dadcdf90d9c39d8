"""Fixtures of tests that make containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
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
