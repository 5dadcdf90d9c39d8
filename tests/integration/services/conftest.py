"""The two servers' endpoints, for all tests of the protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.providers import embedded


@pytest.fixture
def database(postgres_server: embedded.Server) -> Endpoint:
    """Return the administrator's endpoint of the Postgres."""
    return postgres_server.endpoint


@pytest.fixture
def cache(redis_server: embedded.Server) -> Endpoint:
    """Return the endpoint of the Redis."""
    return redis_server.endpoint
