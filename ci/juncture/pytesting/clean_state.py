"""Bring databases back before each integration test, tell of transactions left open, and what all that cost."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from juncture.isolation.reset.sessions import Left
    from juncture.isolation.workspace import Workspace
    from juncture.pytesting.run import PytestRun

__all__ = ["CleanState", "OpenTransactionWarning"]

TOLD = "juncture_clean"
"""What a worker says to its controller at its end."""


class OpenTransactionWarning(pytest.PytestWarning):
    """A test ended and left a transaction open, which may hold locks that the next one waits for."""


class CleanState:
    """The plugin object, in processes that run tests and in their controller."""

    def __init__(self, run: PytestRun) -> None:
        """Look after the databases of a run."""
        self._run = run
        self._workspace = run.workspace
        self._expected = False
        self._told: list[tuple[str, Mapping[str, list[float]]]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the mark."""
        config.addinivalue_line("markers", "fresh(*services): begins with new copies of the databases (juncture)")

    def prepare(self, item: pytest.Item) -> None:
        """Ask for new databases where the test's marks do, before everything is reset."""
        if not self._expected:
            self._expected = True
            self._expect(item.session)
        for name in _wanted(item, self._workspace):
            if name not in self._workspace.cleaners:
                known = ", ".join(self._workspace.cleaners)
                raise UsageError(
                    f"fresh: no database {name!r} is reset here", hint=f"those that are: {known or 'none'}"
                )
            self._workspace.ask_fresh(name)

    def _expect(self, session: pytest.Session) -> None:
        """Have copies made ahead where a collected test will ask for one."""
        for name in {name for item in session.items for name in _wanted(item, self._workspace)}:
            if cleaner := self._workspace.cleaners.get(name):
                cleaner.want()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Name a test that leaves a transaction open, after its own fixtures are gone."""
        result = yield
        if item.get_closest_marker("integration") is not None:
            for name, cleaner in self._workspace.cleaners.items():
                for left in cleaner.left_open():
                    warnings.warn(OpenTransactionWarning(_words(item, name, left)), stacklevel=1)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Record what was counted, and leave it to the controller where there is one."""
        usages = {name: cleaner.usage.told() for name, cleaner in self._workspace.cleaners.items()}
        own = [(name, ways) for name, ways in usages.items() if ways]
        self._told += own
        for name, ways in own:
            if self._run.journal:
                self._run.journal.write("clean", service=name, ways=ways)
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[TOLD] = own

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker what it counted."""
        self._told += [(name, ways) for name, ways in getattr(node, "workeroutput", {}).get(TOLD, [])]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell how the databases became clean."""
        if terminalreporter.verbosity < 0 or not self._told:
            return
        from juncture.reporting.cleaning import clean_lines  # noqa: PLC0415 - where there is something to tell

        for number, line in enumerate(clean_lines(self._told)):
            terminalreporter.write_line(f"{'' if number else 'clean':<11}{line}")


def _wanted(item: pytest.Item, workspace: Workspace) -> set[str]:
    """Return the services whose databases a test wants anew; a mark without names means all that are reset."""
    names: set[str] = set()
    for mark in item.iter_markers("fresh"):
        names.update(mark.args or workspace.cleaners)
    return names


def _words(item: pytest.Item, name: str, left: Left) -> str:
    return f"{item.nodeid} left a transaction open on {name}; its last statement: {left.statement}"
