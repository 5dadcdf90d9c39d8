"""Fail an integration test that takes too long, and tell what its threads and services were doing."""

from __future__ import annotations

import math
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from juncture.pytesting.activity import activity_of
from juncture.pytesting.alarm import Alarm, Watchdog
from juncture.pytesting.stacks import stacks
from juncture.recording.masking import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from juncture.pytesting.recorder import Recorder
    from juncture.pytesting.run import PytestRun

__all__ = ["Begin", "Timeouts"]

Phase: TypeAlias = Literal["setup", "call", "teardown"]

GRACE = 10.0
"""Seconds that a test may take to notice that its time is up, the questions to its services included."""

STUCK = 3
"""Exit code of a worker whose test can't be interrupted: pytest's for an internal error."""


SWALLOWED = "It was interrupted, and went on: a bare `except`, or a task in the background, took the exception."


class Timeouts:
    """The plugin object of a process that runs tests.

    Each phase of a test has the time for itself: what the first test of a module sets up for all is not charged to its
    call. Preparing the services comes before, and has times of its own.
    """

    def __init__(self, run: PytestRun) -> None:
        """Take the declared time; nothing happens before the first integration test."""
        self._run = run
        self._secrets = Secrets(run.workspace)
        self._alarm = Alarm(self._expired)
        self._watchdog = Watchdog(self._stuck) if run.role == "worker" else None
        self._theirs: Callable[[pytest.Item], bool] = lambda _: False
        self._config: pytest.Config | None = None
        self._item: pytest.Item | None = None
        self._phase: Phase = "setup"
        self._seconds = 0.0

    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave to pytest-timeout what is configured for it, and give its mark a meaning where it is not there."""
        self._config = config
        if config.pluginmanager.hasplugin("timeout"):
            always = bool(
                config.getoption("timeout", None) or os.environ.get("PYTEST_TIMEOUT") or config.getini("timeout")
            )
            self._theirs = lambda item: always or item.get_closest_marker("timeout") is not None
        else:
            config.addinivalue_line("markers", "timeout(seconds): how long each phase of an integration test may take")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, None, None]:
        """Have no alarm left when the setup is over; `Begin` sets it, after the services are prepared."""
        with self._ending():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Give the call its time."""
        self.begin(item, "call")
        with self._ending():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Give the teardown its time."""
        self.begin(item, "teardown")
        with self._ending():
            yield

    def pytest_enter_pdb(self) -> None:
        """Let who debugs take their time."""
        self._end()

    def begin(self, item: pytest.Item, phase: Phase) -> None:
        """Set the alarm for a phase of an integration test."""
        if item.get_closest_marker("integration") is None or self._theirs(item):
            return
        seconds = self._time_of(item, phase)
        if not seconds or _is_debugged():
            return
        self._item, self._phase, self._seconds = item, phase, seconds
        if self._watchdog:
            self._watchdog.set(seconds + GRACE)
        self._alarm.set(seconds)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """End the phase, and fail it where it took too long and swallowed the interruption.

        A bare ``except`` does, and a task that nobody awaits: asyncio gives it whatever is raised while it runs.
        """
        hidden = False
        try:
            yield
            hidden = True
        except pytest.skip.Exception:  # raised in the place of the interruption, it would be no failure either
            hidden = True
            raise
        finally:
            if (fired := self._end()) and hidden:
                raise pytest.fail.Exception(f"{fired}\n{SWALLOWED}", pytrace=False) from None

    def _end(self) -> str:
        """Have no alarm any more; return what it failed with, empty where it did not expire."""
        if self._item is None:
            return ""
        fired = self._alarm.cancel()
        if self._watchdog:
            self._watchdog.set(math.inf)
        self._item = None
        return fired

    def _time_of(self, item: pytest.Item, phase: Phase) -> float:
        mark = item.get_closest_marker("timeout")
        if mark is None:
            return self._run.config.timeout
        seconds = mark.kwargs.get("timeout", mark.args[0] if mark.args else None)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            if phase == "setup":  # told once
                what = f"{item.nodeid}: @pytest.mark.timeout({seconds!r}): seconds are needed, 0 for any time"
                pytest.fail(f"juncture: {what}", pytrace=False)
            return self._run.config.timeout
        return float(seconds)

    def _expired(self) -> str:
        if self._watchdog:
            self._watchdog.set(self._seconds + GRACE)
        return self._told()

    def _told(self) -> str:
        """Return the whole text, without secrets."""
        root = self._run.config.root
        parts = [
            f"timeout: the {self._phase} took longer than {self._seconds:g} s",
            "  (`timeout` of [tool.juncture], or @pytest.mark.timeout(SECONDS) for this test)",
            *stacks(root),
            *(activity_of(self._run.workspace) if self._run.started else []),
        ]
        return self._secrets.masked("\n".join(parts))

    def _stuck(self) -> None:
        """End this worker: its test does not come back to Python, and the others can run elsewhere."""
        item, config = self._item, self._config
        if item is None or config is None:
            return
        text = f"{self._told()}\nIt could not be interrupted, so its worker was ended.\n"
        recorder: Recorder | None = config.pluginmanager.get_plugin("juncture-recorder")
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            {},
            "failed",
            text,
            self._phase,
            duration=self._seconds + GRACE,
        )
        if recorder:
            recorder.pytest_runtest_logreport(report)
        capture: Any = config.pluginmanager.get_plugin("capturemanager")
        if capture:
            capture.suspend_global_capture(in_=True)
        sys.__stderr__.write(f"\n{item.nodeid}: {text}")  # type: ignore[union-attr] # a worker has one
        sys.__stderr__.flush()  # type: ignore[union-attr] # a worker has one
        os._exit(STUCK)


class Begin:
    """The plugin object that sets the alarm for a setup, once `Preparation` is done: it is registered before that."""

    def __init__(self, timeouts: Timeouts) -> None:
        """Set the alarm of ``timeouts``."""
        self._timeouts = timeouts

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give the setup its time."""
        self._timeouts.begin(item, "setup")


def _is_debugged() -> bool:
    """Tell whether a debugger looks at what runs: it stops where it likes."""
    trace = sys.gettrace()
    module = (getattr(trace, "__module__", None) or type(trace).__module__) if trace else ""
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    return module.startswith(("pydevd", "_pydevd", "debugpy", "bdb", "pdb")) or bool(
        monitoring and monitoring.get_tool(monitoring.DEBUGGER_ID)
    )
