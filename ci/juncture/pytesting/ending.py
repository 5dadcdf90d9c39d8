"""What a process does at its end: save what was measured, copy logs, give everything back, write the closing line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Ending"]


class Ending:
    """The plugin object that takes the last steps, once and in their order.

    A worker takes them when its tests are over. Its controller waits no longer than that: 5 s later execnet interrupts
    the worker, after 10 s xdist kills it, while another plugin may still import what it needs for a summary that nobody
    sees. Other processes wait for whoever else changes the exit status.
    """

    def __init__(self, *, worker: bool) -> None:
        """Begin without a step."""
        self._worker = worker
        self._steps: list[Callable[[], None]] = []

    def add(self, step: Callable[[], None]) -> None:
        """Add a step behind those that are there."""
        self._steps.append(step)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Come to an end where the tests are all that this process is for."""
        if self._worker:
            self._end()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Come to an end; also where no session began."""
        self._end()

    def _end(self) -> None:
        steps, self._steps = self._steps, []
        for step in steps:
            step()
