"""The namespace that is a process or container which somebody else runs, in place of one that would be started."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from juncture.config import Ready
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation.namespace import Namespace
from juncture.providers.external import awaited
from juncture.providers.reservation import NoLog, Server
from juncture.provisioning.outside import named, refuse_denied, with_ports
from juncture.services import container, kind

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.scope import Scope

__all__ = ["NeighbourNamespace"]


class NeighbourNamespace(Namespace):
    """A process that every worker uses, and whoever else knows it: juncture only asks whether it is ready."""

    def __init__(self, scope: Scope, service: Service) -> None:
        """Read where it is; nothing connects to it."""
        super().__init__(scope, service)
        what = kind(service.kind)
        found = named(service, what, scope.environ)
        assert found is not None  # noqa: S101 - it is asked before
        refuse_denied(found, what, scope.config.deny)
        self._variable = found.variable
        self.endpoint = with_ports(service, found.endpoints[0], scope.environ)

    @property
    def why(self) -> str:
        """The variable that says where it is."""
        return self._variable

    @property
    def log(self) -> NoLog:
        """The log of a process that is not ours."""
        return NoLog()

    def prepare(self, *, promised: bool) -> None:
        """Wait until it answers."""
        del promised
        if self.server is None:
            began = time.monotonic()
            awaited(
                self.endpoint,
                self._probe,
                variable=self._variable,
                tell=self.scope.tell,
            )
            key = f"{self.service.kind}-{self.endpoint.host}-{self.endpoint.port}".replace("/", "-")
            path = lease_path(self.scope.home, f"server-{key}")
            self.server = Server(
                endpoint=self.endpoint,
                key=key,
                lease=leases.hold(path, exclusive=False, timeout=30, purpose=f"use the server of {self.service.name}"),
                slot=None,
                started=False,
                seconds=time.monotonic() - began,
                log=self.log,
                shared=True,
            )

    def start(self, *, promised: bool) -> None:
        """Wait until it answers."""
        self.prepare(promised=promised)
        self.scope.ready.add(self.service.name)

    def _probe(self) -> tuple[str, str]:
        ready = self.service.ready
        if ready.how == "http":
            ready = replace(ready, value=urlsplit(self.endpoint.url).path + ready.value)
        elif ready.how != "tcp":
            ready = Ready("tcp")  # its log and its inside are out of reach
        return container.probe(self.endpoint, ready)

    def release(self) -> None:
        """Give back nothing but the lease."""
        server, self.server = self.server, None
        if server:
            server.release()
