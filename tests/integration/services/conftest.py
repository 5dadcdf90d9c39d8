"""The two servers' endpoints, for all tests of the protocols, and the application, for those of ``http``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from application import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.config import Config
    from juncture.model import Endpoint
    from juncture.providers import embedded

    Gone = Callable[[int], None]
    Serve = Callable[..., Config]


@pytest.fixture
def database(postgres_server: embedded.Server) -> Endpoint:
    """Return the administrator's endpoint of the Postgres."""
    return postgres_server.endpoint


@pytest.fixture
def cache(redis_server: embedded.Server) -> Endpoint:
    """Return the endpoint of the Redis."""
    return redis_server.endpoint


@pytest.fixture
def serve(declare: Declare, root: Path) -> Serve:
    """Return a function that declares the application as ``web``, with some options and more services."""
    (root / "app.py").write_text(APPLICATION)

    def declared(more: Mapping[str, Mapping[str, Any]] | None = None, **options: Any) -> Config:
        web = {"kind": "http", "command": "python app.py {port}", "ready": "/health"} | options
        return declare({"web": web, **(more or {})})

    return declared


@pytest.fixture
def gone(alive: Callable[[int], bool], until: Callable[..., None]) -> Gone:
    """Return a function that waits until a process is gone, and fails where it stays."""
    return lambda pid: until(lambda: not alive(pid))
