"""Write the journal of one pytest process from pytest's hooks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from juncture.pytesting.clock import FixtureClock
from juncture.pytesting.reports import bounded, details, groups_of, shared_fixtures
from juncture.pytesting.telling import Trouble
from juncture.pytesting.told import told_by_tests
from juncture.pytesting.warned import Warned
from juncture.recording.journal import members, quoted

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator

    from juncture.recording.journal import Journal
    from juncture.recording.masking import Secrets

__all__ = ["Recorder"]

JUNIT_SETTINGS = {"junit_logging": "no", "junit_log_passing_tests": True, "junit_duration_report": "total"}
"""Pytest's settings that say what goes into a JUnit file, and their defaults."""

COVERAGE_STARTERS = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""Variables by which coverage starts in a new Python process."""


class Recorder:
    """The plugin object; a controller's journal holds no test, as its workers write their own.

    In a process that runs thousands of tiny tests, what happens four times per test must stay within a few
    microseconds: a phase that passed is put together as text.
    """

    def __init__(
        self, journal: Journal, secrets: Secrets, *, runs_tests: bool, bare: Callable[[str], str] = str
    ) -> None:
        """Record into ``journal``, without ``secrets``.

        ``bare`` gives a node id as it was collected: xdist may append a group to it.
        """
        self._journal = journal
        self._secrets = secrets
        self._runs_tests = runs_tests
        self._bare = bare
        self._session: pytest.Session | None = None
        self._coverage = False
        self._junit: dict[str, object] = {}
        self._warnings = Warned(self._note_warning, secrets.masked)
        self._test = ""
        self._quoted = quoted("")
        self._clock = FixtureClock(self._note_fixture)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Take part in what tests tell of themselves, and in what is told at the end."""
        config.pluginmanager.register(Trouble(self._journal), "juncture-trouble")
        if self._runs_tests and config.pluginmanager.hasplugin("junitxml"):
            config.pluginmanager.register(told_by_tests(self._journal, self._bare, self._keep), "juncture-told")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember what the closing line needs, and what a JUnit file of this run has to show."""
        self._session = session
        self._coverage = self._runs_tests and is_measured()
        if session.config.pluginmanager.hasplugin("junitxml"):
            found = {name: session.config.getini(name) for name in JUNIT_SETTINGS}
            found["junit_prefix"] = session.config.getoption("junitprefix") or ""
            self._junit = {name: value for name, value in found.items() if value != JUNIT_SETTINGS.get(name, "")}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record what could not be collected, or was skipped as a whole."""
        if self._runs_tests and not report.passed:
            text = self._keep(str(report.longrepr))
            self._journal.write("collect", node=report.nodeid, outcome=report.outcome, text=text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record what will run, after every deselection, and before a worker of xdist tells its controller."""
        if self._runs_tests:
            tests = [
                {"id": self._bare(item.nodeid), "group": group, "fixtures": shared_fixtures(item)}
                for item, group in zip(session.items, groups_of(session.items), strict=True)
            ]
            self._journal.write("collected", tests=tests, **({"junit": self._junit} if self._junit else {}))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Record that a test starts: from here on it is in flight."""
        if self._runs_tests:
            self._test = nodeid
            self._quoted = quoted(self._bare(nodeid))
            self._journal.append("started", f',"test":{self._quoted}')

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record how a phase ended, as the other plugins left it."""
        if not self._runs_tests:
            return
        test = self._quoted if report.nodeid == self._test else quoted(self._bare(report.nodeid))
        text = f',"test":{test},"phase":"{report.when}","outcome":"{report.outcome}","seconds":{report.duration:.6f}'
        if (
            report.outcome != "passed"
            or report.user_properties
            or self._junit
            or type(report) is not pytest.TestReport
            or hasattr(report, "wasxfail")
        ):
            text += members(details(report, output=self._wants_output(report), keep=self._keep))
        self._journal.append("phase", text)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Record what a fixture costs that several tests may share, with the test that happened to need it first."""
        if fixturedef.scope == "function":
            return (yield)
        with self._clock.setup(fixturedef, request):
            return (yield)

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Count the warnings of this process, and record each text once; a controller's are those of its workers."""
        if self._runs_tests:
            self._warnings.add(warning_message, nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Record in the controller that a worker crashed, as xdist says it."""
        if error:
            self._journal.write("crashed", process=node.gateway.id, text=self._keep(str(error)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        """Record in the controller which test a worker ran when it crashed."""
        self._journal.write("crashed", process=report.node.gateway.id, test=crashitem)

    def pytest_internalerror(self, excrepr: object) -> None:
        """Record an error of pytest itself, or of a plugin."""
        self._journal.write("internal", text=self._keep(str(excrepr)))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record why the run was broken off: Ctrl-C, ``pytest.exit``, errors in collection."""
        self._journal.write("stopped", reason=self._keep(f"{excinfo.typename}: {excinfo.value}"))

    def close(self) -> None:
        """Write the closing line: what comes without it was killed."""
        session = self._session
        # Without a session something went wrong before it began.
        more: dict[str, object] = {"exit": int(session.exitstatus if session else pytest.ExitCode.USAGE_ERROR)}
        if session and (reason := session.shouldfail or session.shouldstop):
            more["stopped"] = self._keep(str(reason))
        if self._runs_tests:
            more |= {"coverage": self._coverage, "warnings": self._warnings.count}
        self._journal.close(**more)

    def _keep(self, text: str) -> str:
        """Return what may be kept of a text: the secrets go first, as half of one is one too."""
        return bounded(self._secrets.masked(text))

    def _note_warning(self, text: str, nodeid: str) -> None:
        self._journal.write("warning", text=text, test=self._bare(nodeid))

    def _note_fixture(self, phase: str, seconds: float, outcome: str, /, **names: object) -> None:
        # What pytest tells of a test's phase ends with the test, as "tests/test_a.py::test_it (setup)".
        current = os.environ.get("PYTEST_CURRENT_TEST", "")
        during = current.rpartition("(")[2].rstrip(")")
        more = {"test": self._bare(self._test) if during else "", "during": during}
        more |= {} if outcome == "passed" else {"outcome": outcome}
        self._journal.write("fixture", **names, phase=phase, seconds=round(seconds, 6), **more)

    def _wants_output(self, report: pytest.TestReport) -> bool:
        """Tell whether a JUnit file shows this phase's captured output though it did not fail."""
        if self._junit.get("junit_logging", "no") == "no":
            return False
        if report.outcome == "skipped":
            return not hasattr(report, "wasxfail")
        return report.when == "teardown" and bool(self._junit.get("junit_log_passing_tests", True))


def is_measured() -> bool:
    """Tell whether coverage measures this process, or was told to."""
    coverage = sys.modules.get("coverage")
    measuring = coverage is not None and coverage.Coverage.current() is not None
    return measuring or any(name in os.environ for name in COVERAGE_STARTERS)
