"""Keep the services' logs, from this run's start on, in its bundle, and tell the journal which services ran."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from juncture.pytesting.excerpts import read
from juncture.recording.masking import Secrets

if TYPE_CHECKING:
    from juncture.isolation.workspace import Workspace
    from juncture.recording.journal import Journal

__all__ = ["LIMIT", "ServiceLogs"]

LIMIT = 1024 * 1024
"""Bytes of one log that are kept, from its end."""


class ServiceLogs:
    """The plugin object.

    A server that the workers of a run share is left to their controller, which started it before them; where it did
    not, as it could not know that there are integration tests, each worker keeps the log for itself.
    """

    def __init__(
        self, workspace: Workspace, journal: Journal, before: dict[str, float], *, worker: bool, shared: bool
    ) -> None:
        """Copy into the journal's folder at the end; ``before`` are where each log was before the services started.

        ``worker`` says that others write into that folder too, ``shared`` that shared servers are this process's part.
        """
        self._workspace = workspace
        self._secrets = Secrets(workspace)
        self._journal = journal
        self._before = before
        self._worker = worker
        self._shared = shared

    def copy(self) -> None:
        """Write a ``service`` event and a log file for each service that this process started or used."""
        for name, server in self._workspace.servers.items():
            if server.shared and not self._shared:
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
            data, cut = read(server.log, self._before.get(name, 0.0), LIMIT)
            if not data:
                continue
            text = self._secrets.masked(data.decode("utf-8", "surrogateescape"))
            if cut:
                text = f"(what came before is left out: these are the last {LIMIT // 1024**2} MiB of this run)\n{text}"
            suffix = f"-{self._workspace.worker}" if self._worker else ""
            file = self._journal.path.parent / "logs" / f"{name}{suffix}.log"
            try:
                file.parent.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
            except OSError as error:
                sys.stderr.write(f"juncture: {file}: the log could not be kept: {error.strerror}\n")
