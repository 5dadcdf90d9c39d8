"""Write the journal of one pytest process from pytest's hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from juncture.recording.journal import Journal

__all__ = ["Recorder"]

LONGEST_TEXT = 20_000
"""Characters of one failure that are kept, half from its beginning and half from its end."""


class Recorder:
    """The plugin object; a controller's journal holds no test, as its workers write their own."""

    def __init__(self, journal: Journal, *, runs_tests: bool) -> None:
        """Record into ``journal``."""
        self._journal = journal
        self._runs_tests = runs_tests
        self._exit = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record what will run, after every deselection."""
        if self._runs_tests:
            self._journal.write("collected", tests=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Record that a test starts: from here on it is in flight."""
        if self._runs_tests:
            self._journal.write("started", test=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record how a phase ended."""
        if self._runs_tests:
            text = {} if report.passed else {"text": bounded(report.longreprtext)}
            xfail = {"xfail": report.wasxfail} if hasattr(report, "wasxfail") else {}
            self._journal.write(
                "phase",
                test=report.nodeid,
                phase=report.when,
                outcome=report.outcome,
                seconds=round(report.duration, 6),
                **xfail,
                **text,
            )

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Remember the exit status."""
        self._exit = int(exitstatus)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Write the closing line: what comes without it was killed."""
        self._journal.close(exit=self._exit)


def bounded(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return ``text``, or its beginning and end around a line that tells how much was left out."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
