"""The namespace that is a database: a clone of a template, on a server that everybody shares."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from juncture.errors import StateError
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation import templates
from juncture.isolation.clones import Clones
from juncture.isolation.names import kept_name, namespace_name
from juncture.isolation.orphans import collect_orphans, lease_of
from juncture.isolation.ownership import owner_on
from juncture.isolation.reset.cleaner import Cleaner
from juncture.isolation.reset.restored import Restored
from juncture.isolation.reset.service import has_way_back, is_reset, untrack
from juncture.isolation.server import ServerNamespace
from juncture.services import databases_of
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.scope import Scope
    from juncture.model import Endpoint
    from juncture.providers.reservation import Server

__all__ = ["DatabaseNamespace"]


class DatabaseNamespace(ServerNamespace):
    """A database of one's own, cloned from a template."""

    def __init__(self, scope: Scope, service: Service) -> None:
        """Choose a provider, a program, a port and a name; start nothing."""
        self._held: dict[str, leases.Lease] = {}
        self._made: list[str] = []
        self._databases = databases_of(service.kind)
        self._template_lease: leases.Lease | None = None
        self._cleaner: Cleaner | Restored | None = None
        self._fresh = False
        super().__init__(scope, service)

    @property
    def names(self) -> frozenset[str]:
        """The databases that this process uses now."""
        return frozenset(self._held)

    def own(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint of this process's database."""
        scope, owner = self.scope, owner_on(endpoint, self.scope.home)
        whose = (scope.config.project, scope.config.root, self.service.name)
        if scope.kept:
            return self._databases.at(endpoint, kept_name(*whose, scope.worker, owner=owner))
        return self._databases.at(endpoint, namespace_name(*whose, scope.run, scope.worker, owner=owner))

    def prepare(self, *, promised: bool) -> None:
        """Start the server and build the template: other processes find both."""
        self._template(self.serve(promised=promised))

    def start(self, *, promised: bool) -> None:
        """Clone the template, or find the kept database."""
        if self.ready:
            return
        server = self.serve(promised=promised)
        template, name = self._template(server).template, self.endpoint.database
        self._lease(name)
        if self.scope.kept:
            self._keep(server.endpoint, template, name, anew=False)
        else:
            self._databases.clone(server.endpoint, template, name)
            self._made.append(name)
            if is_reset(self.service):
                self._cleaner = Cleaner(server.endpoint, name, self._clones(server, template), self.service.pool)
            elif self._databases.restorer and has_way_back(self.service):
                restorer = self._databases.restorer(server.endpoint, template, name)
                self._cleaner = Restored(restorer, partial(self._further, server.endpoint, "t"))
        self.scope.ready.add(self.service.name)

    def settle(self) -> None:
        """Remember what the project's own processes wrote when they started: no reset takes that away."""
        if self._cleaner:
            self._cleaner.settle()

    def reset(self) -> None:
        """Bring the database back to its template, where there is one to go back to."""
        if self._cleaner:
            self._cleaner.clean(fresh=self._fresh)
            self._fresh = False

    @property
    def cleaner(self) -> Cleaner | Restored | None:
        """What brings the database back to its template; None where nothing does, or it is not started."""
        return self._cleaner

    def ask_fresh(self) -> None:
        """Have the next reset replace the database by a new clone. Raise `StateError` where it is not reset."""
        if self._cleaner is None:
            raise StateError("its database is not reset", where=f"service {self.service.name}")
        self._fresh = True

    def renew(self) -> None:
        """Make the kept database what its template is, whoever is connected to it."""
        server = self.serve(promised=True)
        self._keep(server.endpoint, self._template(server).template, self.endpoint.database, anew=True)

    def scratch(self, number: str) -> Endpoint:
        """Return a new empty database, for a test that migrates it by itself; ``number`` makes its name unique."""
        admin = self.serve(promised=True).endpoint
        name = self._further(admin, f"s{number}")
        self._databases.clone(admin, "", name)
        return self._databases.at(admin, name)

    def discard(self, name: str) -> None:
        """Drop a database that this process made, whoever is connected to it."""
        self._made.remove(name)
        self._databases.drop(self.serve(promised=True).endpoint, name, force=True)
        self._held.pop(name).release()
        if (last := leases.attempt(lease_of(self.scope.home, name), exclusive=True)) is not None:
            last.retire()

    def collect(self) -> list[str]:
        """Drop the databases that killed runs left behind; return their names."""
        return collect_orphans(self._databases, self.server.endpoint, self.scope.home) if self.server else []

    def release(self) -> None:
        """Drop what this process made; what can't be, because the server died, is left to the next ``collect``."""
        cleaner, self._cleaner = self._cleaner, None
        try:
            if cleaner:
                cleaner.close()
            for name in reversed(self._made.copy()):
                with suppress(WireError, OSError):
                    self.discard(name)
        finally:
            self._made.clear()
            while self._held:
                self._held.popitem()[1].release()
            if self._template_lease:
                self._template_lease.release()
                self._template_lease = None
            super().release()

    def _keep(self, admin: Endpoint, template: str, name: str, *, anew: bool) -> None:
        """Make a database to work in by hand, where there is no whole one or it is to be made ``anew``."""
        path = lease_path(self.scope.home, f"make-{name}")
        with leases.hold(path, exclusive=True, timeout=60, purpose=f"make the database {name}"):
            if anew or not self._databases.whole(admin, name):
                self._databases.drop(admin, name, force=True)
                self._databases.clone(admin, template, name)
                if is_reset(self.service):
                    untrack(self._databases.at(admin, name))

    def _named(self, admin: Endpoint, suffix: str) -> str:
        """Return the name of a further database of this process."""
        scope = self.scope
        whose = (scope.config.project, scope.config.root, self.service.name)
        return namespace_name(*whose, scope.run, f"{scope.worker}{suffix}", owner=owner_on(admin, scope.home))

    def _further(self, admin: Endpoint, suffix: str) -> str:
        """Return the name of a further database, which is dropped with this process's own."""
        name = self._named(admin, suffix)
        self._lease(name)
        self._made.append(name)
        return name

    def _clones(self, server: Server, template: str) -> Clones:
        admin = server.endpoint
        return Clones(admin, template, home=self.scope.home, named=lambda suffix: self._named(admin, suffix))

    def _template(self, server: Server) -> templates.State:
        if self.state is None:
            self.state, self._template_lease = templates.ensure_template(
                self.scope.config,
                self.service,
                server.endpoint,
                self.scope.home,
                self.scope.variables,
                build=server.key,
            )
        return self.state

    def _lease(self, name: str) -> None:
        path = lease_of(self.scope.home, name)
        self._held[name] = leases.hold(path, exclusive=False, timeout=30, purpose=f"use the namespace {name}")
