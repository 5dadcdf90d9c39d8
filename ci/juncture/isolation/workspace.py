"""A workspace: the services of one process, with namespaces and leases of its own."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Literal, Self, assert_never

from juncture.errors import StateError
from juncture.isolation.scope import Scope
from juncture.provisioning.outside import is_named
from juncture.services import kind
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from juncture.config import Config, Service
    from juncture.isolation.database import DatabaseNamespace
    from juncture.isolation.namespace import Namespace
    from juncture.isolation.reset.cleaner import Cleaner
    from juncture.isolation.reset.restored import Restored
    from juncture.isolation.templates import State
    from juncture.model import Endpoint
    from juncture.providers.reservation import Server
    from juncture.provisioning.choose import Choice

__all__ = ["Workspace", "new_run", "open_workspace", "reserve_workspace"]


def new_run() -> str:
    """Return a new run's id: 40 random bits, legal in every service's names."""
    return os.urandom(5).hex()


@dataclass(kw_only=True, eq=False, repr=False)
class Workspace(Scope):
    """The services of one process; a context manager that gives everything back.

    It is *reserved* first (names and ports, nothing runs) and then *started*, which may be much later or never; the
    project's own processes start in the background, so it is *awaited* before it is used.
    """

    namespaces: dict[str, Namespace] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release everything."""
        self.release()

    @property
    def choices(self) -> dict[str, Choice]:
        """How each service that has a server is obtained."""
        return {name: each.chosen for name, each in self.namespaces.items() if each.chosen}

    @property
    def servers(self) -> dict[str, Server]:
        """What runs for this process, by service."""
        return {name: each.server for name, each in self.namespaces.items() if each.server}

    @property
    def states(self) -> dict[str, State]:
        """What the databases are made from, by service."""
        return {name: each.state for name, each in self.namespaces.items() if each.state}

    def prepare(self, *, promised: bool = False) -> None:
        """Start the servers that are shared, and build the templates of their state, but no namespace.

        The controller of a distributed run does this, so that its workers find all of it warm.
        """
        for namespace in self._in_order():
            with _told(namespace):
                namespace.prepare(promised=promised)

    def start(self, *, promised: bool = False) -> None:
        """Start whatever does not run yet and make this process's namespaces; a second call does nothing.

        ``promised`` says that the environment was handed out already, so no port may change.
        """
        for namespace in self._in_order():
            with _told(namespace):
                namespace.start(promised=promised)

    def wait(self) -> None:
        """Return when everything that was started answers; a second call does nothing.

        A process that refers to another one in its own command or variables starts as soon as that one answers.
        """
        if len(self.ready) == len(self.namespaces):
            return
        waiting = [namespace for namespace in self._in_order() if not namespace.ready]
        for namespace in waiting:
            for other in waiting:
                with _told(other):
                    other.start(promised=True)
            with _told(namespace):
                namespace.wait()
        if any(namespace.ready for namespace in waiting):
            for namespace in self.namespaces.values():
                with _told(namespace):
                    namespace.settle()

    def reset(self, name: str) -> None:
        """Bring the namespace of a service back to its template, or empty it where there is none."""
        with _told(self.namespaces[name]):
            self.namespaces[name].reset()

    @property
    def cleaners(self) -> dict[str, Cleaner | Restored]:
        """What brings databases back to their templates, by service; only of those that are started and reset."""
        return {name: each.cleaner for name, each in self.namespaces.items() if each.cleaner}

    def ask_fresh(self, name: str) -> None:
        """Have the next reset replace a service's database by a new clone."""
        self._database(name).ask_fresh()

    def renew(self, name: str) -> None:
        """Make a service's kept database what its template is, whoever is connected to it."""
        with _told(self.namespaces[name]):
            self._database(name).renew()

    def scratch(self, name: str) -> Endpoint:
        """Return a new empty database on a service that has such, for a test that migrates it by itself."""
        return self._database(name).scratch(new_run())

    def discard(self, endpoint: Endpoint) -> None:
        """Drop a scratch database now, whoever is connected to it."""
        self._database(endpoint.service).discard(endpoint.database)

    def release(self) -> None:
        """Drop what this process made and give back its leases; safe to call twice, or half-started.

        What can't be dropped, because its server died, is left to the next run's ``collect``.
        """
        self.ready.clear()
        with ExitStack() as stack:
            for namespace in self._in_order():  # given back in the opposite order: whoever uses a service goes first
                stack.callback(namespace.release)
            for namespace in self.namespaces.values():
                namespace.leave()

    def collect(self) -> list[str]:
        """Drop the namespaces that killed runs left behind; return their names."""
        names: list[str] = []
        for namespace in self.namespaces.values():
            with _told(namespace, "what killed runs left could not be removed"):
                names += namespace.collect()
        return names

    def _in_order(self) -> list[Namespace]:
        """Return the namespaces so that each comes after those that its service refers to, servers before the rest."""
        sorter = TopologicalSorter({service.name: service.references for service in self.config.services})
        every = [self.namespaces[name] for name in sorter.static_order() if name in self.namespaces]
        return sorted(every, key=lambda namespace: namespace.in_background)

    def _database(self, name: str) -> DatabaseNamespace:
        from juncture.isolation.database import DatabaseNamespace  # noqa: PLC0415 - as in `_namespace`

        namespace = self.namespaces[name]
        if not isinstance(namespace, DatabaseNamespace):
            raise StateError(f"a {namespace.service.kind} has no database of its own", where=f"service {name}")
        return namespace


def reserve_workspace(  # noqa: PLR0913 - whose it is, each in one word
    config: Config,
    *,
    environ: Mapping[str, str],
    worker: str,
    run: str = "",
    kept: bool = False,
    passive: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Workspace:
    """Choose providers, names and ports for every declared service; start nothing.

    ``kept`` namespaces outlive the workspace, and the next one of that ``worker`` in this checkout finds them again;
    one that is ``passive`` is prepared and never started. ``tell`` gets lines of progress.
    """
    workspace = Workspace(
        config=config, environ=environ, run=run or new_run(), worker=worker, kept=kept, passive=passive, tell=tell
    )
    try:
        for service in config.services:
            workspace.namespaces[service.name] = _namespace(workspace, service)
    except BaseException:
        workspace.release()
        raise
    return workspace


def open_workspace(
    config: Config,
    *,
    environ: Mapping[str, str],
    worker: str = "shell",
    kept: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Workspace:
    """Return a started workspace that can be used; what was half-started is released where starting fails."""
    workspace = reserve_workspace(config, environ=environ, worker=worker, kept=kept, tell=tell)
    try:
        workspace.start()
        workspace.wait()
    except BaseException:
        workspace.release()
        raise
    return workspace


def _namespace(scope: Scope, service: Service) -> Namespace:
    """Return the namespace of a service; each sort is imported where one is declared: that costs 3 to 20 ms."""
    what = kind(service.kind).namespace
    match what:
        case "database":
            from juncture.isolation.database import DatabaseNamespace  # noqa: PLC0415

            return DatabaseNamespace(scope, service)
        case "server":
            from juncture.isolation.server import ServerNamespace  # noqa: PLC0415

            return ServerNamespace(scope, service)
        case "process" | "container":
            return _own_program(scope, service, what)
        case _:
            assert_never(what)


def _own_program(scope: Scope, service: Service, what: Literal["process", "container"]) -> Namespace:
    """Return the namespace of a program of the project's own: one that runs already, a process, or a container."""
    if scope.config.provider in {"auto", "external"} and is_named(service, scope.environ):
        from juncture.isolation.neighbour import NeighbourNamespace  # noqa: PLC0415

        return NeighbourNamespace(scope, service)
    if what == "process":
        from juncture.isolation.process import ProcessNamespace  # noqa: PLC0415

        return ProcessNamespace(scope, service)
    from juncture.isolation.container import ContainerNamespace  # noqa: PLC0415

    return ContainerNamespace(scope, service)


@contextmanager
def _told(
    namespace: Namespace, from_what: str = "it could not be started, or its namespace not be made"
) -> Iterator[None]:
    """Say what a lost connection or a refusing server kept us from."""
    try:
        yield
    except (WireError, OSError) as error:
        what = f"{from_what}: {error or type(error).__name__}"
        hint = "" if namespace.endpoint.provider == "external" else "`juncture services.logs` shows why"
        raise StateError(what, where=f"service {namespace.service.name}", hint=hint) from error
