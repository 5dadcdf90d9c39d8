"""Keep the services' logs, from this run's start on, in its bundle, and tell the journal which services ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.services import kind

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.isolation.workspace import Workspace
    from juncture.recording.journal import Journal

__all__ = ["ServiceLogs", "sizes"]

LIMIT = 1024 * 1024
"""Bytes of one log that are kept, from its end."""


class ServiceLogs:
    """The plugin object; a server that the whole host shares is left to the process that has no controller above it."""

    def __init__(self, workspace: Workspace, journal: Journal, before: dict[str, int], *, worker: bool) -> None:
        """Copy into the journal's folder at the end; ``before`` are the `sizes` from before the services started."""
        self._workspace = workspace
        self._journal = journal
        self._before = before
        self._worker = worker

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Write a ``service`` event and a log file for each service that this process started or used."""
        for name, server in self._workspace.servers.items():
            embedded = kind(self._workspace.config.service(name).kind).embedded
            if self._worker and embedded and embedded.sharing == "host":
                continue
            endpoint = server.endpoint
            self._journal.write(
                "service",
                name=name,
                product=endpoint.product,
                version=endpoint.version,
                provider=endpoint.provider,
                started=server.started,
                seconds=round(server.seconds, 6),
            )
            suffix = f"-{self._workspace.worker}" if self._worker else ""
            _copy_end(server.log, self._before.get(name, 0), self._journal.path.parent / "logs" / f"{name}{suffix}.log")


def sizes(workspace: Workspace) -> dict[str, int]:
    """Return how long the log of each service's server is now, in bytes."""
    found = {}
    for name, choice in workspace.choices.items():
        log = choice.log
        found[name] = log.stat().st_size if log.exists() else 0
    return found


def _copy_end(log: Path, start: int, to: Path) -> None:
    if not log.exists():
        return
    size = log.stat().st_size
    start = start if start <= size else 0  # the log was begun anew
    with log.open("rb") as file:
        file.seek(max(start, size - LIMIT))
        text = file.read()
    if text:
        to.parent.mkdir(exist_ok=True)
        to.write_bytes(text)
