"""The namespace that is a whole server: it is emptied before each test."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from juncture.errors import JunctureError
from juncture.host import uses
from juncture.isolation.names import project_key
from juncture.isolation.namespace import Namespace
from juncture.providers.docker.images import MissingImageError
from juncture.provisioning.choose import Terms, choose, embedded_choice
from juncture.services import kind
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.scope import Scope
    from juncture.model import Endpoint
    from juncture.providers.reservation import Log, Server
    from juncture.provisioning.choose import Choice
    from juncture.services.kinds import Standing

__all__ = ["ServerNamespace"]


class ServerNamespace(Namespace):
    """A server of one's own, or the one that namespaces of other kinds are made on."""

    def __init__(self, scope: Scope, service: Service) -> None:
        """Choose a provider, a program and a port; start nothing."""
        super().__init__(scope, service)
        self.kind = kind(service.kind)
        kept = f"{project_key(scope.config.root)}-{scope.worker}-{service.name}" if scope.kept else ""
        self.terms = Terms(environ=scope.environ, run=scope.run, kept=kept, passive=scope.passive, tell=scope.tell)
        self.choice = choose(scope.config, service, self.terms)
        self.endpoint = self.own(self.choice.reserved.endpoint)
        self._standing: Standing = {}
        self._used = False

    @property
    def why(self) -> str:
        """Why it has this provider and none that would have come first; empty where it has."""
        return self.choice.why

    @property
    def chosen(self) -> Choice:
        """How its server is obtained."""
        return self.choice

    @property
    def log(self) -> Log:
        """The log of the server, also of one that does not run yet."""
        return self.server.log if self.server else self.choice.reserved.log

    def prepare(self, *, promised: bool) -> None:
        """Start the server where others of the run use it too; else have what each of them starts one from."""
        if self.choice.shared:
            self.serve(promised=promised)
            return
        try:
            self.choice.obtain(promised)
        except MissingImageError as error:
            self._fall_back(error, promised=promised)
        self.endpoint = self.own(self.choice.reserved.endpoint)

    def start(self, *, promised: bool) -> None:
        """Start the server and, unless it is kept, empty it: a killed run may have left something in it."""
        if self.ready:
            return
        self.serve(promised=promised)
        if self.kind.make:
            self.kind.make(self.endpoint)
        if not self.scope.kept:
            self.reset()
        self._used = True
        self.scope.ready.add(self.service.name)

    def serve(self, *, promised: bool) -> Server:
        """Return the server, started at the first call.

        Where nobody asked for a container, and its image can't be had, it is an embedded server after all.
        """
        if self.server is None:
            try:
                self.server = self.choice.reserved.start(promised=promised)
            except MissingImageError as error:
                self._fall_back(error, promised=promised)
                self.server = self.choice.reserved.start(promised=False)
            self.endpoint = self.own(self.server.endpoint)
            uses.note(self.scope.home, self.server.key, uses.Use(self.scope.config.root, self.service.name))
        return self.server

    def own(self, endpoint: Endpoint) -> Endpoint:
        """Return this process's part of a server: the whole of it, or what its provider gave us."""
        return endpoint

    def settle(self) -> None:
        """Remember the streams, say, that the project's own processes made when they started."""
        if self.kind.standing and not self.scope.kept:
            self._standing = self.kind.standing(self.endpoint)

    def reset(self) -> None:
        """Empty the server, or this process's part of it."""
        if self.kind.empty:
            if self.server and self.server.claim:
                self.server.claim.confirm()
            self.kind.empty(self.endpoint, self._standing)

    def collect(self) -> list[str]:
        """Empty what killed processes left on a server that is shared; return what that was."""
        return self.server.collect() if self.server else []

    def release(self) -> None:
        """Give the server back; leave nothing on it where it is shared. The keeper stops it when nobody holds it."""
        if self._used and self.choice.shared and not self.scope.kept:
            self._used, self._standing = False, {}
            with suppress(JunctureError, WireError, OSError):  # one that died has nothing left
                self.reset()
        server, self.server = self.server, None
        if server:
            server.release()
        self._give_back()

    def _fall_back(self, error: MissingImageError, *, promised: bool) -> None:
        """Choose an embedded server instead, where that is allowed; else raise the error."""
        if promised or self.scope.config.provider != "auto" or self.kind.embedded is None:
            raise error
        self._give_back()
        self.choice = embedded_choice(self.scope.config, self.service, self.terms, error.short)

    def _give_back(self) -> None:
        if self.choice.slot:
            self.choice.slot.release()
