"""The declaration as frozen values: what ``[tool.juncture]`` means once it was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from juncture.config.ci import Ci
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

__all__ = [
    "Config",
    "Gates",
    "KindSchema",
    "Layer",
    "Point",
    "Quarantine",
    "Ready",
    "Reset",
    "Reuse",
    "Service",
    "Source",
    "Template",
]

Layer = Literal["default", "compose", "pyproject", "environment", "command line"]
"""Where a value came from; a later one overrides an earlier one."""

Reuse = Literal["always", "session", "run"]
"""Who uses a server: later runs too until it is idle, the runs that are there at once, or one run alone."""

Reset = Literal["auto", "none"]
"""How a database gets clean for the next test: by juncture, in the cheapest way that is sure, or not at all."""


class Source(Value):
    """Tell where one value came from: the layer, and in it the file, variable or option."""

    layer: Layer
    where: str


class KindSchema(Value):
    """What the declaration may say of one kind of service.

    ``attributes`` are the names that ``{service.name}`` accepts; ``options`` the keys a service of this kind may have
    besides ``kind`` and, where it is ``versioned``, ``version``; ``needs`` those of them that it must have. A kind with
    the options ``image`` and ``build`` needs one of the two; one with ``ports`` has an attribute for each of them.
    """

    name: str
    attributes: frozenset[str]
    options: frozenset[str]
    versioned: bool = True
    needs: frozenset[str] = frozenset()


class Template(Value):
    """A text with ``{service.attribute}`` fields, checked against the declared services.

    ``parts`` alternates literal texts and ``(service, attribute)`` pairs, in order.
    """

    text: str
    parts: tuple[str | tuple[str, str], ...]


class Ready(Value):
    """How a service tells that it can be used.

    ``http`` is a GET of the path ``value``, ``tcp`` a connection that is not closed at once, ``log`` a line in its
    output that the regular expression ``value`` finds, ``command`` a command line that succeeds inside of the
    container. ``port`` is a container port, for ``http`` and ``tcp``; 0 stands for the only one of a process, and with
    ``tcp`` for each one of a container.
    """

    how: Literal["http", "tcp", "log", "command"]
    value: str = ""
    port: int = 0


class Service(Value, kw_only=True):
    """One declared service.

    ``migrate`` is a command line, ``downgrade`` one that undoes it, ``seed`` and ``watch`` are globs relative to the
    root, in the order given; ``watch`` names the files that ``migrate`` reads, where juncture can't know them itself.
    ``seed`` may also name functions, as ``module:function``. ``reset`` says how a test comes to a clean database, and
    ``pool`` how many copies are kept ready for that at most.

    ``image`` is the reference of a container image, empty for the catalogue's; ``digest`` pins it. ``disposable`` says
    that a server which juncture did not start may be written to and cleaned.

    ``command`` starts a process of the project's own in the folder ``cwd``, relative to the root, with the variables
    ``env`` on top of the project's; or it replaces that of a container's image, which may be built from the folder
    ``build``. It has ``timeout`` seconds to be ``ready``, and starts after those in ``depends_on``. The container's
    ``ports`` are published; one that is ``shared`` serves every worker.
    """

    name: str
    kind: str
    version: str = ""
    image: str = ""
    digest: str = ""
    build: str = ""
    reuse: Reuse = "always"
    disposable: bool = False
    migrate: str = ""
    downgrade: str = ""
    seed: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    reset: Reset = "auto"
    pool: int = 3
    command: Template | None = None
    ports: tuple[int, ...] = ()
    ready: Ready = Ready("http", "/")
    env: tuple[tuple[str, Template], ...] = ()
    cwd: str = "."
    timeout: float = 30.0
    depends_on: tuple[str, ...] = ()
    shared: bool = False

    @property
    def named(self) -> frozenset[str]:
        """The names of the other services that its command or variables use."""
        templates = [template for _, template in self.env] + ([self.command] if self.command else [])
        names = {part[0] for template in templates for part in template.parts if not isinstance(part, str)}
        return frozenset(names - {self.name})

    @property
    def references(self) -> frozenset[str]:
        """The names of the other services that this one starts after: its command, variables or itself name them."""
        return self.named.union(self.depends_on)


class Point(Value, kw_only=True):
    """One declared integration point: the code that crosses a boundary, and the service behind it.

    ``cover`` is the least share of its functions' lines, in percent, that integration tests run; None where the gate
    for all points holds.
    """

    name: str
    code: tuple[str, ...]
    service: str
    cover: float | None = None


class Gates(Value, kw_only=True):
    """What a merge has to reach, in percent; None where nothing is demanded.

    ``coverage`` is the least total, ``points`` the least for each integration point, ``changed`` the least of the lines
    that changed, and ``drop`` the most points of percent that the total may lose against a baseline.
    """

    coverage: float | None = None
    points: float | None = None
    changed: float | None = None
    drop: float | None = None


class Quarantine(Value, kw_only=True):
    """Tests whose failures are excused: a node id or a pattern of them, the last day, and why."""

    test: str
    until: date
    reason: str


class Config(Value, kw_only=True):
    """The whole declaration.

    ``root`` is the folder of pyproject.toml; ``project`` is the project's name, or that of the folder where it is not
    ``named``. ``idle`` and ``budget`` are in seconds, no budget is 0. ``history`` is the file with the times of earlier
    runs, empty for none. ``timeout`` is what each phase of an integration test may take, in seconds, 0 for any time.
    ``deny`` has patterns of hosts and databases that are never touched, ``may_skip`` those of files whose tests may be
    skipped as a whole. The failures of tests in ``quarantine`` are excused until a day. ``compose`` is the file that
    services were taken over from, and ``notes`` tell what of it was left out. ``ci`` is about rendered CI jobs.
    ``sources`` maps a dotted key (``services.db.version``) to where its value came from.
    """

    root: Path
    project: str
    unit: tuple[str, ...]
    integration: tuple[str, ...]
    shards: int
    provider: Literal["auto", "embedded", "docker", "external"]
    reports: str
    idle: float
    budget: float
    deny: tuple[str, ...]
    may_skip: tuple[str, ...]
    compose: str
    services: tuple[Service, ...]
    env: tuple[tuple[str, Template], ...]
    points: tuple[Point, ...]
    quarantine: tuple[Quarantine, ...]
    gates: Gates
    sources: Mapping[str, Source]
    history: str = ""
    timeout: float = 30.0
    notes: tuple[str, ...] = ()
    ci: Ci = Ci()
    named: bool = True

    def service(self, name: str) -> Service:
        """Return the declared service of that name; ``KeyError`` where there is none."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)
