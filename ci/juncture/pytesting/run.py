"""One pytest process's part in a run: what it does at pytest's hooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from juncture.errors import JunctureError
from juncture.pytesting.selection import is_below

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace
    from juncture.recording.journal import Journal

__all__ = ["PytestRun", "Role"]

Role = Literal["single", "controller", "worker"]


class PytestRun:
    """The plugin object of an active run; its methods are pytest's hooks."""

    def __init__(self, config: Config, workspace: Workspace, role: Role) -> None:
        """Keep what this process reserved.

        ``started`` is set once its own namespaces are there, ``failure`` where they can't be had: every test that needs
        them is told. ``journal`` is where the run is recorded, if anywhere.
        """
        self.config = config
        self.workspace = workspace
        self.role = role
        self.started = False
        self.journal: Journal | None = None
        self.failure: JunctureError | None = None
        self._folders = [config.root / folder for folder in config.integration]
        self._below: dict[Path, bool] = {}

    def start(self) -> Workspace:
        """Return the workspace with its namespaces made; a failure is kept and told to every test that asks."""
        if self.failure:
            raise self.failure
        try:
            if not self.started:
                self.workspace.start(promised=True)
                self.started = True
            self.workspace.wait()
        except JunctureError as error:
            self.failure = error
            raise
        return self.workspace

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the mark."""
        config.addinivalue_line("markers", "integration: needs the declared services (juncture)")

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Mark what lies in an integration folder, so that ``-m integration`` means both kinds."""
        below = self._below.get(item.path)
        if below is None:
            below = self._below[item.path] = any(is_below(item.path, folder) for folder in self._folders)
        if below:
            item.add_marker("integration")

    def release(self) -> None:
        """Give everything back; the process that has no controller above it also collects what killed ones left."""
        try:
            if self.role != "worker":
                self.workspace.collect()
        except (JunctureError, OSError) as error:
            sys.stderr.write(f"juncture: could not clean up: {error}\n")
        finally:
            try:
                self.workspace.release()
            except (JunctureError, OSError) as error:
                sys.stderr.write(f"juncture: could not clean up: {error}\n")
