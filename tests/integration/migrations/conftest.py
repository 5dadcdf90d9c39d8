"""A project whose revisions a test changes, and its migrations."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from revisions import DECLARATION, write_project

from juncture.isolation.workspace import reserve_workspace
from juncture.migrations import Migrations
from juncture.provisioning import declare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from revisions import Revise


@pytest.fixture
def revise(root: Path) -> Revise:
    """Return a function that writes a revision; three sound ones are there."""
    return write_project(root)


@pytest.fixture
def migrations(root: Path, environ: dict[str, str]) -> Iterator[Callable[..., Migrations]]:
    """Return a function that returns the project's migrations; some keys of its database may be other ones."""
    environ = {**environ, "JUNCTURE_PROVIDER": "embedded"}
    with ExitStack() as opened:

        def make(migrate: str = "alembic upgrade head", **more: str) -> Migrations:
            lines = "".join(f"{name} = '''{value}'''\n" for name, value in {"migrate": migrate, **more}.items())
            text = DECLARATION.replace('migrate = "alembic upgrade head"\n', lines)
            root.joinpath("pyproject.toml").write_text(text)
            config = declare(root, environ=environ)
            workspace = opened.enter_context(reserve_workspace(config, environ=environ, worker="gw0"))
            return opened.enter_context(Migrations(workspace, config.service("db")))

        yield make
