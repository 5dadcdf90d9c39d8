"""The controller's part in distributing tests: our scheduler, and all it has to know of the workers.

The controller never collects. A worker's journal says what was collected where there is a bundle, else a file that the
first worker leaves in a folder of the controller's; without either there are still the node ids.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from juncture.errors import JunctureError
from juncture.pytesting.handover import FOLDER, handed_over
from juncture.recording.attempts import runs_of
from juncture.recording.journal import read
from juncture.sharding.costs import PlannedTest
from juncture.sharding.groups import group_of
from juncture.sharding.needs import planned_of_nodeids, resolver
from juncture.sharding.tiny import is_tiny
from juncture.sharding.work import work_of

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from juncture.pytesting.scheduler import CostScheduling, Fate
    from juncture.recording.journal import Event
    from juncture.sharding.history import History
    from juncture.sharding.work import Work

__all__ = ["Controller"]


class Controller:
    """The plugin object of a controller."""

    def __init__(self, environ: MutableMapping[str, str], history: History) -> None:
        """Take the environment that workers will inherit, and what earlier runs took."""
        self._history = history
        self._environ = environ
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._scheduling: CostScheduling | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_auto_num_workers(self, config: pytest.Config) -> int | None:
        """Start one worker where another would cost more than it saves; else leave the number to xdist."""
        if "PYTEST_XDIST_AUTO_NUM_WORKERS" in self._environ or config.getoption("pyargs", default=False):
            return None
        here = config.invocation_params.dir
        arguments = [os.path.relpath(here / argument, config.rootpath) for argument in config.args]
        return 1 if is_tiny((Path(each).as_posix() for each in arguments), self._history) else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config) -> CostScheduling | None:
        """Return our scheduler for the default of ``-n``."""
        if config.getvalue("dist") != "load":
            return None
        from juncture.pytesting.scheduler import CostScheduling  # noqa: PLC0415 - it brings xdist along

        self._scheduling = CostScheduling(config, self._work, self._fate)
        return self._scheduling

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self) -> None:
        """Make the folder for what is handed over, before the first worker starts."""
        if "JUNCTURE_BUNDLE" not in self._environ and self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="juncture-")
            self._environ[FOLDER] = self._folder.name

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End red where tests were left over because no worker was left, or a worker died between two tests."""
        if any(self._problems()) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say so."""
        for problem in self._problems():
            terminalreporter.write_line(f"juncture: {problem}", red=True)

    def pytest_unconfigure(self) -> None:
        """Remove the folder."""
        if self._folder:
            self._environ.pop(FOLDER, None)
            self._folder.cleanup()

    def _problems(self) -> Iterator[str]:
        if self._scheduling:
            yield from (f"{name} died between two tests" for name in self._scheduling.lost)
            if left := self._scheduling.unfinished:
                yield f"{len(left)} test{'s' if len(left) > 1 else ''} never ran, such as {left[0]}"

    def _work(self, nodeids: Sequence[str]) -> Work:
        """Return the work that node ids are: with what the workers tell of them, else with what the history knows."""
        collected = {test["id"]: test for test in self._collected()}
        resolve = resolver(self._history)
        tests = planned_of_nodeids(nodeids, self._history)
        for number, nodeid in enumerate(nodeids):
            if found := collected.get(nodeid):
                group, names = found["group"], found["fixtures"]
                fixtures = resolve.fixtures(nodeid, group_of(nodeid), names) if self._history.fixtures else ()
                tests[number] = PlannedTest(nodeid, group, not is_part(group, nodeid), fixtures)
        return work_of(tests, self._history)

    def _collected(self) -> Sequence[dict[str, Any]]:
        if self._folder:
            return handed_over(self._folder.name)
        collected = (event for events in self._journals("") for event in events if event["event"] == "collected")
        tests: list[dict[str, Any]] = next(collected, {"tests": []})["tests"]
        return tests

    def _fate(self, worker: str, held: Sequence[str]) -> Fate | None:
        """Return what the journal of a dead worker says of what it held; xdist knows only what was sent to it."""
        for events in self._journals(worker):
            ended = {run.nodeid: run.ended for run in runs_of(worker, events)}
            flying = next((nodeid for nodeid in held if not ended.get(nodeid, True)), "")
            return flying, tuple(nodeid for nodeid in held if ended.get(nodeid))
        return None

    def _journals(self, worker: str) -> Iterator[list[Event]]:
        """Yield the readable journals of this run's workers."""
        bundle = self._environ.get("JUNCTURE_BUNDLE")
        for path in sorted(Path(bundle).glob(f"journal-{worker}*.jsonl")) if bundle else ():
            try:
                events = read(path)
            except (JunctureError, OSError):
                continue
            opened = events[0] if events else {}
            mine = opened.get("run") == self._environ.get("JUNCTURE_RUN") and opened.get("role") == "worker"
            if mine and worker in {"", opened.get("worker")}:
                yield events


def is_part(group: str, nodeid: str) -> bool:
    """Tell whether a group is the class, the module or all of a test's node id: a mark's name is none of these."""
    return nodeid == group or nodeid.startswith((f"{group}::", f"{group}["))
