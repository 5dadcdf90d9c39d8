"""The fixture of the tests that `juncture.migrations` has ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace
    from juncture.migrations import Migrations

__all__ = ["migrations_of"]


class Starter(Protocol):
    """What the fixture needs of a run: the declaration, and the workspace before and after it is started."""

    config: Config
    workspace: Workspace

    def start(self) -> Workspace:
        """Return the started workspace."""


def migrations_of(run: Starter) -> Any:
    """Return the fixture ``migrations``, with a parameter for each service that can be migrated."""
    names = [service.name for service in run.config.services if service.migrate]
    if not names:
        return _none()

    @pytest.fixture(params=names)
    def migrations(request: pytest.FixtureRequest) -> Iterator[Migrations]:
        """Run a service's migrations up and down on an empty database, which is dropped after the test."""
        from juncture.migrations import Migrations  # noqa: PLC0415 - for the few tests that need it

        with Migrations(run.workspace, run.config.service(request.param), run.start) as made:
            yield made

    return migrations


def _none() -> Any:
    @pytest.fixture
    def migrations() -> None:
        """Refuse: a test of migrations that tests none must not pass."""
        raise UsageError("no service declares `migrate`, so there are no migrations to test", where="pyproject.toml")

    return migrations
