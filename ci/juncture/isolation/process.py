"""The namespace that is a process of the project's own: each worker has one, which uses that worker's services."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from juncture.isolation.namespace import Namespace
from juncture.isolation.scope import filled
from juncture.providers import process

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.scope import Scope

__all__ = ["ProcessNamespace"]

MEASURED = "JUNCTURE_COVERAGE"
"""Names coverage's configuration file where the run is measured."""


class ProcessNamespace(Namespace):
    """A process of one's own. It lives as long as the run: where namespaces are kept, it only has an address."""

    in_background = True

    def __init__(self, scope: Scope, service: Service) -> None:
        """Choose a port; start nothing."""
        super().__init__(scope, service)
        kept = scope.worker if scope.kept else ""
        self._reservation = process.reserve(service, root=scope.config.root, home=scope.home, kept=kept)
        self._process: process.Process | None = None
        self.endpoint = process.endpoint_of(self._reservation)

    def start(self, *, promised: bool) -> None:
        """Start the process in the background, unless a service that it refers to does not answer yet.

        Its port stays what was reserved: the other processes may know it already.
        """
        del promised
        self.wanted = not self.scope.kept
        if self._process or not self.wanted or not self.service.references <= self.scope.ready:
            return
        endpoints = self.scope.endpoints
        command = filled(self.service.command, endpoints, shlex.quote) if self.service.command else ""
        variables = self.scope.variables(self.endpoint)
        if settings := variables.pop(MEASURED, ""):
            # Coverage starts in it by the .pth file of its wheel, and saves when it is told to end.
            variables["COVERAGE_PROCESS_START"] = settings
        variables |= {name: filled(template, endpoints) for name, template in self.service.env}
        self._process = process.launch(self._reservation, command, variables)

    def wait(self) -> None:
        """Return when the process answers."""
        if self._process is not None and not self.ready:
            self.server = self._process.wait()
            self.scope.ready.add(self.service.name)

    def reset(self) -> None:
        """See that the process still lives; what it holds in its memory is its own."""
        if self._process:
            self._process.check()

    def leave(self) -> None:
        """Ask the process to end."""
        if self._process:
            self._process.terminate()

    def release(self) -> None:
        """See the process end, and give its port back."""
        started, self._process = self._process, None
        server, self.server = self.server, None
        if started:
            started.stop()
        if server:
            server.release()
        if self._reservation.slot:
            self._reservation.slot.release()
