"""Let a run end green whose only failures are excused: the tests that the declaration has in quarantine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from juncture.config.quarantine import excused_by, expired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from juncture.config import Quarantine

__all__ = ["Quarantined"]

LABEL = 11


class Quarantined:
    """The plugin object of the process whose exit status counts. The merge judges again, from what was recorded."""

    def __init__(self, entries: Sequence[Quarantine], today: date | None = None) -> None:
        """Take what the declaration has in quarantine; ``today`` is that of UTC, as in the merge."""
        self._entries = entries
        self._today = today or datetime.now(UTC).date()
        self._excused: dict[str, Quarantine] = {}
        self._count = 0
        self._others = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look whether a failure is excused."""
        if not report.failed:
            return
        # --dist loadgroup appends the group to a node id.
        nodeids = (report.nodeid, report.nodeid.rpartition("@")[0])
        found = next(filter(None, (excused_by(self._entries, each, self._today) for each in nodeids if each)), None)
        if found:
            self._excused[report.nodeid] = found
            self._count += not hasattr(report, "wasxfail")  # as pytest counts
        else:
            self._others = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember an error that no test met: nothing excuses it."""
        self._others = self._others or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End green where every failure is excused, and nothing else made the run red or stopped it.

        Tests may be left where it was stopped (``-x``). Whoever counts more failures than there were has a reason.
        """
        alone = session.testsfailed == self._count and not session.shouldfail and not session.shouldstop
        red = session.exitstatus == pytest.ExitCode.TESTS_FAILED
        if red and self._excused and not self._others and alone:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name what was excused, and what no longer is."""
        for nodeid, entry in self._excused.items():
            terminalreporter.write_line(f"{'quarantine':<{LABEL}}{nodeid}: excused until {entry.until}: {entry.reason}")
        for entry in expired(self._entries, self._today):
            terminalreporter.write_line(f"{'quarantine':<{LABEL}}{entry.test}: it ended on {entry.until}")
