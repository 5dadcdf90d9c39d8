"""Prepare the declared services for each integration test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import JunctureError
from juncture.pytesting.failure_logs import FailureLogs
from juncture.pytesting.stubbing import StubReports

if TYPE_CHECKING:
    from juncture.pytesting.clean_state import CleanState
    from juncture.pytesting.run import PytestRun

__all__ = ["Preparation"]


class Preparation:
    """The plugin object of a process that runs tests, where services are declared."""

    def __init__(self, run: PytestRun, clean: CleanState) -> None:
        """Prepare what ``run`` reserved; ``clean`` looks after its databases."""
        self._run = run
        self._clean = clean
        self._logs = FailureLogs(run.workspace)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Show the services' logs beside failures, and what stubs received."""
        config.pluginmanager.register(self._logs, "juncture-failure-logs")
        config.pluginmanager.register(StubReports(), "juncture-stub-reports")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give an integration test, by its folder or its mark, its services as they were before any test.

        One that its marks skip needs none. Pytest looks at these marks as early as this, but after it.
        """
        if item.get_closest_marker("integration") is None or item.config.getoption("setupplan", default=False):
            return
        if skipping := item.config.pluginmanager.get_plugin("skipping"):
            skipping.pytest_runtest_setup(item)
        if failure := self._prepare(item):
            pytest.fail(f"juncture: {failure}", pytrace=False)

    def _prepare(self, item: pytest.Item) -> str:
        """Prepare the services for a test; return why that could not be done, empty where it was."""
        try:
            workspace = self._run.start()
            self._logs.begin(item)
            self._clean.prepare(item)
            for service in self._run.config.services:
                workspace.reset(service.name)
        except (JunctureError, OSError) as error:
            return str(error) or type(error).__name__
        return ""
