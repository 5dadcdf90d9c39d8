"""A workspace: the services of one process, with namespaces and leases of its own."""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from juncture.errors import StateError
from juncture.host import leases
from juncture.host.folders import home as home_folder
from juncture.host.folders import lease_path
from juncture.isolation import postgres
from juncture.isolation.names import kept_name, namespace_name, project_key
from juncture.providers import embedded
from juncture.provisioning.choose import Choice, choose
from juncture.services.postgres import at
from juncture.services.redis import flush
from juncture.services.wire.postgres import PostgresError
from juncture.services.wire.redis import RedisError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from juncture.config import Config, Service
    from juncture.model import Endpoint

__all__ = ["Workspace", "new_run", "open_workspace", "reserve_workspace"]


def new_run() -> str:
    """Return a new run's id: 40 random bits, legal in every service's names."""
    return secrets.token_hex(5)


@dataclass(slots=True)
class Workspace:
    """The services of one process; a context manager that gives everything back.

    It is *reserved* first (names and ports, nothing runs) and then *started*, which may be much later or never.
    ``endpoints`` maps service names to where this process reaches them, in its own namespaces.
    """

    config: Config
    environ: Mapping[str, str]
    run: str
    worker: str
    kept: bool
    choices: dict[str, Choice]
    endpoints: dict[str, Endpoint]
    servers: dict[str, embedded.Server] = field(default_factory=dict)
    states: dict[str, postgres.State] = field(default_factory=dict)
    _ready: set[str] = field(default_factory=set)
    _held: dict[str, leases.Lease] = field(default_factory=dict)
    _spare: list[tuple[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release everything."""
        self.release()

    @property
    def home(self) -> Path:
        """Juncture's folder on this machine."""
        return home_folder(self.environ)

    @property
    def environment(self) -> dict[str, str]:
        """The declared ``env`` table, filled with this workspace's endpoints."""
        return self.environment_with(self.endpoints)

    def environment_with(self, endpoints: Mapping[str, Endpoint]) -> dict[str, str]:
        """Return the declared ``env`` table, filled with the given endpoints."""
        return {
            name: "".join(
                part if isinstance(part, str) else endpoints[part[0]].attribute(part[1]) for part in template.parts
            )
            for name, template in self.config.env
        }

    def prepare(self, *, promised: bool = False) -> None:
        """Start the servers that are shared, and build the templates of their state, but no namespace.

        The controller of a distributed run does this, so that its workers find all of it warm.
        """
        for service in self.config.services:
            choice = self.choices[service.name]
            if choice.reservation.embedded.sharing == "host":
                self._serve(service, promised=promised)

    def start(self, *, promised: bool = False) -> None:
        """Start whatever does not run yet and make this process's namespaces; a second call does nothing.

        ``promised`` says that the environment was handed out already, so no port may change.
        """
        for service in self.config.services:
            if service.name in self._ready:
                continue
            server = self._serve(service, promised=promised)
            endpoint = self.endpoints[service.name]
            with _told(service):
                if service.kind == "postgres":
                    self._own_database(service, server, endpoint)
                else:
                    self.endpoints[service.name] = replace(server.endpoint, database=endpoint.database)
                    if not self.kept:
                        self.reset(service.name)
            self._ready.add(service.name)

    def reset(self, name: str) -> None:
        """Empty the namespace of a service that has no template to go back to."""
        if self.config.service(name).kind != "postgres":
            flush(self.endpoints[name])

    def scratch(self, name: str) -> Endpoint:
        """Return a new empty database on a Postgres service, for a test that migrates it by itself."""
        service = self.config.service(name)
        if service.kind != "postgres":
            raise StateError(f"a {service.kind} has no scratch database", where=f"service {name}")
        admin = self.servers[name].endpoint
        database = namespace_name(self.config.project, self.config.root, name, self.run, f"{self.worker}s{new_run()}")
        self._lease_namespace(database)
        postgres.clone(admin, "", database)
        self._spare.append((name, database))
        return at(admin, database)

    def discard(self, endpoint: Endpoint) -> None:
        """Drop a scratch database now, whoever is connected to it."""
        self._spare.remove((endpoint.service, endpoint.database))
        self._drop(endpoint.service, endpoint.database)

    def release(self) -> None:
        """Drop what this process made and give back its leases; safe to call twice, or half-started.

        What can't be dropped, because its server died, is left to the next run's ``collect``.
        """
        try:
            while self._spare:
                with suppress(PostgresError, OSError):
                    self._drop(*self._spare.pop())
        finally:
            self._ready.clear()
            while self._held:
                self._held.popitem()[1].release()
            for server in self.servers.values():
                server.release()
            self.servers.clear()
            _release_slots(self.choices)

    def collect(self) -> list[str]:
        """Drop the namespaces that killed runs left behind; return their names."""
        return [
            name
            for service in self.config.services
            if service.kind == "postgres" and service.name in self.servers
            for name in postgres.collect_orphans(self.servers[service.name].endpoint, self.home)
        ]

    def _serve(self, service: Service, *, promised: bool) -> embedded.Server:
        name = service.name
        with _told(service):
            if name not in self.servers:
                self.servers[name] = embedded.start(self.choices[name].reservation, promised=promised)
            server = self.servers[name]
            if service.kind == "postgres" and name not in self.states:
                self.endpoints[name] = at(server.endpoint, self.endpoints[name].database)
                self.states[name] = postgres.ensure_template(
                    self.config, service, server.endpoint, self.home, partial(self._migration_environment, service)
                )
        return server

    def _migration_environment(self, service: Service, endpoint: Endpoint) -> dict[str, str]:
        return {**self.environ, **self.environment_with({**self.endpoints, service.name: endpoint})}

    def _own_database(self, service: Service, server: embedded.Server, endpoint: Endpoint) -> None:
        name, template = endpoint.database, self.states[service.name].template
        self._lease_namespace(name)
        if not self.kept:
            postgres.clone(server.endpoint, template, name)
            self._spare.append((service.name, name))
            return
        path = lease_path(self.home, f"make-{name}")
        with leases.hold(path, exclusive=True, timeout=60, purpose=f"make the database {name}"):
            if not postgres.exists(server.endpoint, name):
                postgres.clone(server.endpoint, template, name)

    def _lease_namespace(self, name: str) -> None:
        path = postgres.lease_of(self.home, name)
        self._held[name] = leases.hold(path, exclusive=False, timeout=30, purpose=f"use the namespace {name}")

    def _drop(self, service: str, database: str) -> None:
        postgres.drop(self.servers[service].endpoint, database, force=True)
        self._held.pop(database).release()
        if (last := leases.attempt(postgres.lease_of(self.home, database), exclusive=True)) is not None:
            last.retire()


def reserve_workspace(
    config: Config, *, environ: Mapping[str, str], worker: str, run: str = "", kept: bool = False
) -> Workspace:
    """Choose providers, names and ports for every declared service; start nothing.

    ``kept`` namespaces outlive the workspace, and the next one of that ``worker`` in this checkout finds them again.
    """
    run = run or new_run()
    slot = f"{project_key(config.root)}-{worker}" if kept else ""
    choices: dict[str, Choice] = {}
    endpoints: dict[str, Endpoint] = {}
    for service in config.services:
        try:
            choices[service.name] = choose(config, service, environ, kept=f"{slot}-{service.name}" if kept else "")
        except BaseException:
            _release_slots(choices)
            raise
        endpoint = embedded.endpoint_of(choices[service.name].reservation)
        if service.kind == "postgres":
            name = (
                kept_name(config.project, config.root, service.name, worker)
                if kept
                else namespace_name(config.project, config.root, service.name, run, worker)
            )
            endpoint = at(endpoint, name)
        endpoints[service.name] = endpoint
    return Workspace(
        config=config, environ=environ, run=run, worker=worker, kept=kept, choices=choices, endpoints=endpoints
    )


def open_workspace(
    config: Config, *, environ: Mapping[str, str], worker: str = "shell", kept: bool = False
) -> Workspace:
    """Return a started workspace; what was half-started is released where starting fails."""
    workspace = reserve_workspace(config, environ=environ, worker=worker, kept=kept)
    try:
        workspace.start()
    except BaseException:
        workspace.release()
        raise
    return workspace


def _release_slots(choices: Mapping[str, Choice]) -> None:
    for choice in choices.values():
        if choice.reservation.slot:
            choice.reservation.slot.release()


@contextmanager
def _told(service: Service) -> Iterator[None]:
    """Say what a lost connection or a refusing server kept us from."""
    try:
        yield
    except (PostgresError, RedisError, OSError) as error:
        what = f"it could not be started, or its namespace not be made: {error or type(error).__name__}"
        raise StateError(what, where=f"service {service.name}", hint="`juncture services.logs` shows why") from error
