"""The namespace that is a container: one of a worker's own, or one that the declaration shares with the others."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host import uses
from juncture.isolation.names import project_key
from juncture.isolation.namespace import Namespace
from juncture.isolation.scope import filled
from juncture.providers.docker.blueprint import Site
from juncture.provisioning.choose import Terms
from juncture.provisioning.contain import choose_container
from juncture.services import kind

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.scope import Scope
    from juncture.model import Endpoint
    from juncture.providers.docker.blueprint import Filled
    from juncture.providers.reservation import Log
    from juncture.provisioning.choose import Choice

__all__ = ["ContainerNamespace", "from_inside"]


class ContainerNamespace(Namespace):
    """A container. One that names other services lives as long as its worker, and where those are kept, not at all."""

    in_background = True

    def __init__(self, scope: Scope, service: Service) -> None:
        """Choose an image and ports; start nothing."""
        super().__init__(scope, service)
        kept = f"{project_key(scope.config.root)}-{scope.worker}" if scope.kept else ""
        terms = Terms(environ=scope.environ, run=scope.run, kept=kept, tell=scope.tell)
        site = Site(
            root=scope.config.root,
            project=scope.config.project,
            worker=scope.worker,
            kept=kept,
            passive=scope.passive,
            fill=self._fill,
        )
        self.choice, self._container = choose_container(scope.config, service, terms, site)
        self._begun = False
        self.endpoint = self._container.endpoint

    @property
    def chosen(self) -> Choice:
        """How it is obtained."""
        return self.choice

    @property
    def log(self) -> Log:
        """Its log, also of one that does not run yet."""
        return self._container.log

    @property
    def lives_with_run(self) -> bool:
        """Whether it is made for services of the run, and is none to keep."""
        return bool(self.service.named)

    def prepare(self, *, promised: bool) -> None:
        """Have the image, and start the container where others of the run use it too."""
        self._see_what_it_names()
        self._container.obtain(promised=promised)
        self.endpoint = self._container.endpoint
        if self.service.shared:
            self._begin(promised=promised)
            self._finish()

    def start(self, *, promised: bool) -> None:
        """Start the container in the background, unless a service that it refers to does not answer yet."""
        self.wanted = not (self.scope.kept and self.lives_with_run)
        if self.ready or self._begun or not self.wanted:
            return
        if self.service.shared or self.service.references <= self.scope.ready:
            self._begin(promised=promised)
            if self.service.shared:
                self.wait()

    def wait(self) -> None:
        """Return when it is ready."""
        if self._begun and not self.ready:
            self._finish()
            self.scope.ready.add(self.service.name)

    def reset(self) -> None:
        """See that it still runs; what it holds is its own."""
        if self.ready:
            self._container.check()

    def leave(self) -> None:
        """Have it end before the services that it uses are given back."""
        self._container.end()

    def release(self) -> None:
        """Give it back: the keeper removes it when nobody uses it any more."""
        self.server, self._begun = None, False
        self._container.release()

    def _begin(self, *, promised: bool) -> None:
        if self._begun:
            return
        self._see_what_it_names()
        self._container.begin(promised=promised)
        self._begun = True
        self.endpoint = self._container.endpoint
        uses.note(self.scope.home, self._container.key, uses.Use(self.scope.config.root, self.service.name))

    def _finish(self) -> None:
        if self.server is None:
            self.server = self._container.wait()

    def _see_what_it_names(self) -> None:
        """Raise `ProviderError` where it names a service that no container can reach."""
        for name in sorted(self.service.named):
            other = self.scope.endpoints[name]
            if other.inside is None:
                raise ProviderError(
                    f"it runs in a container, and can't reach {name}, which does not: {name} is {_how(other)} at "
                    f"{other.host}:{other.port}",
                    where=f"service {self.service.name}",
                    hint=f"have {name} in a container too (JUNCTURE_PROVIDER=docker), or name it in no variable",
                )

    def _fill(self, own: Endpoint) -> Filled:
        """Return command and variables with the addresses that lead to this worker's services from inside."""
        named = self.service.named
        inside = {name: from_inside(each) for name, each in self.scope.endpoints.items() if name in named}
        inside[own.service] = from_inside(own)
        command = self.service.command
        words = shlex.split(filled(command, inside, shlex.quote)) if command else []
        return tuple(words), {name: filled(template, inside) for name, template in self.service.env}


def from_inside(endpoint: Endpoint) -> Endpoint:
    """Return where another container reaches what is at an endpoint, which has an address for that."""
    if endpoint.inside is None:
        raise ValueError(endpoint)
    host, port = endpoint.inside
    moved = replace(endpoint, host=host, port=port, ports=tuple((inside, inside) for inside, _ in endpoint.ports))
    return replace(moved, url=kind(endpoint.kind).url(moved) if endpoint.url else "")


def _how(endpoint: Endpoint) -> str:
    if endpoint.provider == "external":
        return "a server of somebody else's"
    return "a process" if kind(endpoint.kind).namespace == "process" else "an embedded server"
