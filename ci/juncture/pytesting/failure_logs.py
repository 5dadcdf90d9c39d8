"""Show in the report of a failed test what the services wrote to their logs since it began."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from juncture.host.ports import HOST
from juncture.providers.reservation import NoLog
from juncture.pytesting.excerpts import excerpt, lines_of, read
from juncture.recording.masking import Secrets
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Generator

    from juncture.isolation.workspace import Workspace
    from juncture.providers.reservation import Log, Server

__all__ = ["FailureLogs"]

SECTION = "log of services"
"""What the section is called; as it is a log, pytest's ``--show-capture=log`` and ``junit_logging = "log"`` mean it."""

WINDOW = 256 * 1024
"""Bytes of a log, from its end, that are searched for what to show."""

GRACE = 0.05
"""Seconds that a line may take from the server to where it can be read."""

PATIENCE = 1.0
"""Seconds after which a log is not worth its reading: an engine that does not answer would hold up every failure."""


class FailureLogs:
    """The plugin object of a process that runs tests.

    What happens to a test that does not fail must stay within a few microseconds.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Watch the servers that a workspace has when a test begins."""
        self._workspace = workspace
        self._secrets = Secrets(workspace)
        self._item: pytest.Item | None = None
        self._marks: dict[str, float] = {}
        self._slow: set[str] = set()
        self._began = 0.0

    def begin(self, item: pytest.Item) -> None:
        """Remember where the logs are as an integration test begins."""
        self._item = item
        self._began = time.time()
        self._marks = {
            name: server.log.mark()
            for name, server in self._workspace.servers.items()
            if name not in self._slow and not isinstance(server.log, NoLog)
        }

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[Any],  # noqa: ARG002 - the hook's
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the section to the report of a phase that failed, as it will be told; what was shown is not shown again.

        It also becomes one of the test's own, as captured output is: pytest's JUnit file shows what the report of the
        last phase has.
        """
        report = yield
        if item is self._item and report.failed and (lines := self._lines()):
            text = "\n".join(lines) + "\n"
            report.sections.append((f"Captured {SECTION} {report.when}", text))
            item.add_report_section(report.when, SECTION, text)
        return report

    def _lines(self) -> list[str]:
        """Return what there is to show, each line behind the name of its service."""
        found = self._read()
        if self._marks and not found:
            time.sleep(GRACE)
            found = self._read()
        width = max(map(len, found), default=0)
        return [f"{name:{width}}  {line}" for name, lines in found.items() for line in lines]

    def _read(self) -> dict[str, list[str]]:
        """Return the new lines of each log that has some, and go on behind them."""
        servers = self._workspace.servers
        found: dict[str, list[str]] = {}
        for name in self._marks.keys() & servers.keys():
            server = servers[name]
            began, mark = time.monotonic(), server.log.mark()
            lines = self._of(name, server)
            seconds = time.monotonic() - began
            if lines:
                self._marks[name] = mark
            if seconds > PATIENCE:
                self._slow.add(name)
                del self._marks[name]
                lines.append(f"(it took {seconds:.1f} s to read this log: it is not read again in this run)")
            if lines:
                found[name] = lines
        return {name: found[name] for name in servers if name in found}

    def _of(self, name: str, server: Server) -> list[str]:
        """Return what a log has to say, bounded."""
        namespace = self._workspace.namespaces[name]
        data, cut = _settled(server.log, self._marks[name])
        lines = lines_of(data)
        if about := kind(namespace.service.kind).about:
            here = server.endpoint.host == HOST  # else its clock is another one
            lines = about(lines, namespace.names, _utc(self._began) if here else "")
        shown = excerpt(self._secrets.masked("\n".join(lines)).split("\n"), cut=cut) if lines else []
        if shown and server.shared and not about:
            shown.insert(0, "(others use this server too: some of these lines may be theirs)")
        return shown


def _settled(log: Log, mark: float) -> tuple[bytes, bool]:
    """Return what a log got since a mark, once no more of that arrives."""
    deadline = time.monotonic() + PATIENCE / 2
    found = read(log, mark, WINDOW)
    while found[0] and log.lag and time.monotonic() < deadline:
        time.sleep(log.lag)
        before, found = found, read(log, mark, WINDOW)
        if found == before:
            break
    return found


def _utc(moment: float) -> str:
    """Return a moment as Postgres writes it, cut to milliseconds as it does."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
