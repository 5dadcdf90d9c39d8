"""Tell once, at a run's end, which of its journals could not be written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from juncture.recording.journal import Journal

__all__ = ["Trouble"]

TROUBLE = "juncture_trouble"
"""What a worker says to its controller at its end."""


class Trouble:
    """The plugin object beside a recorder; the tests' own results and exit status are none of its business."""

    def __init__(self, journal: Journal) -> None:
        """Watch a journal."""
        self._journal = journal
        self._found: list[str] = []
        self._told = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker of its journal."""
        if text := getattr(node, "workeroutput", {}).get(TROUBLE):
            self._found.append(text)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave it to the controller, where there is one."""
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None and self._journal.broken:
            self._told = output[TROUBLE] = self._own()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Tell what was found, and what came about since: after the closing line, and when nothing is captured."""
        if self._journal.broken and not self._told:
            self._found.append(self._own())
        if self._found:
            sys.stderr.write(
                f"juncture: this run is not recorded as a whole, and its merge will say so: {'; '.join(self._found)}\n"
            )

    def _own(self) -> str:
        return f"{self._journal.path}: {self._journal.broken}"
