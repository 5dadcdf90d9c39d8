"""Tests of ``juncture.config.types``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare

    from juncture.config import Config


@pytest.fixture
def config(declare: Declare) -> Config:
    """Return a declaration of two services."""
    return declare('[services.db]\nkind = "postgres"\n[services.cache]\nkind = "redis"')


def test_service_is_found_by_name(config: Config) -> None:
    """A declared service is returned by its name."""
    assert config.service("cache").kind == "redis"


def test_undeclared_service_is_a_key_error(config: Config) -> None:
    """The name of no service raises ``KeyError`` with that name."""
    with pytest.raises(KeyError, match="queue"):
        config.service("queue")
