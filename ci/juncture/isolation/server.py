"""The namespace that is a whole server: it is emptied before each test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.isolation.names import project_key
from juncture.isolation.namespace import Namespace
from juncture.providers import embedded
from juncture.provisioning.choose import choose
from juncture.services import kind

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.scope import Scope
    from juncture.services.kinds import Standing

__all__ = ["ServerNamespace"]


class ServerNamespace(Namespace):
    """A server of one's own, or the one that namespaces of other kinds are made on."""

    def __init__(self, scope: Scope, service: Service) -> None:
        """Choose a provider, a program and a port; start nothing."""
        super().__init__(scope, service)
        self.kind = kind(service.kind)
        kept = f"{project_key(scope.config.root)}-{scope.worker}-{service.name}" if scope.kept else ""
        self.choice = choose(scope.config, service, scope.environ, kept=kept)
        self.endpoint = embedded.endpoint_of(self.choice.reservation)
        self._standing: Standing = {}

    @property
    def program(self) -> tuple[str, str]:
        """Product and version: of what runs, else of the program."""
        if self.server:
            return self.server.endpoint.product, self.server.endpoint.version
        binary = self.choice.reservation.binary
        return binary.product, binary.version

    def start(self, *, promised: bool) -> None:
        """Start the server and, unless it is kept, empty it: a killed run may have left something in it."""
        if self.ready:
            return
        server = self.serve(promised=promised)
        self.endpoint = replace(server.endpoint, database=self.endpoint.database)
        if not self.scope.kept:
            self.reset()
        self.scope.ready.add(self.service.name)

    def serve(self, *, promised: bool) -> embedded.Server:
        """Return the server, started at the first call."""
        if self.server is None:
            self.server = embedded.start(self.choice.reservation, promised=promised)
        return self.server

    def settle(self) -> None:
        """Remember the streams, say, that the project's own processes made when they started."""
        if self.kind.standing and not self.scope.kept:
            self._standing = self.kind.standing(self.endpoint)

    def reset(self) -> None:
        """Empty the server."""
        if self.kind.empty:
            self.kind.empty(self.endpoint, self._standing)

    def release(self) -> None:
        """Give the server back: the keeper stops it when nobody holds it any more."""
        server, self.server = self.server, None
        if server:
            server.release()
        if self.choice.reservation.slot:
            self.choice.reservation.slot.release()
