"""Fixtures of tests that look at what runs, and clean it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from quay import IMAGES, Quay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.config import Config
    from juncture.host.engine import Engine


@pytest.fixture
def quay(bare_home: Path, engine: Engine, environment_of: Callable[[Path], dict[str, str]]) -> Iterator[Quay]:
    """Return a home whose containers this test makes."""
    made = Quay(bare_home, engine, environment_of(bare_home))
    yield made
    made.clean()


@pytest.fixture
def docked(declare: Declare) -> Callable[..., Config]:
    """Return a function that declares services in containers of the test images; their names are their kinds."""

    def declared(*kinds: str, **changes: Mapping[str, Any]) -> Config:
        services = {name: {"kind": name, "image": IMAGES[name]} | dict(changes.get(name, {})) for name in kinds}
        return declare(services, provider="docker")

    return declared
