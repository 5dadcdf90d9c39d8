"""The declaration as frozen values: what ``[tool.juncture]`` means once it was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Config", "KindSchema", "Layer", "Point", "Service", "Source", "Template"]

Layer = Literal["default", "pyproject", "environment", "command line"]
"""Where a value came from; a later one overrides an earlier one."""


@dataclass(frozen=True, slots=True)
class Source:
    """Tell where one value came from: the layer, and in it the file, variable or option."""

    layer: Layer
    where: str


@dataclass(frozen=True, slots=True)
class KindSchema:
    """What the declaration may say of one kind of service.

    ``attributes`` are the names that ``{service.name}`` accepts; ``options`` the keys a service of this kind may have
    besides ``kind`` and, where it is ``versioned``, ``version``.
    """

    name: str
    attributes: frozenset[str]
    options: frozenset[str]
    versioned: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """A text with ``{service.attribute}`` fields, checked against the declared services.

    ``parts`` alternates literal texts and ``(service, attribute)`` pairs, in order.
    """

    text: str
    parts: tuple[str | tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One declared service.

    ``migrate`` is a command line, ``seed`` and ``watch`` are globs relative to the root, in the order given; ``watch``
    names the files that ``migrate`` reads, where juncture can't know them by itself. ``command`` starts a process of
    the project's own in the folder ``cwd``, relative to the root, with the variables ``env`` on top of the project's;
    it has ``timeout`` seconds to answer a GET of the path ``ready``.
    """

    name: str
    kind: str
    version: str = ""
    migrate: str = ""
    seed: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    command: Template | None = None
    ready: str = "/"
    env: tuple[tuple[str, Template], ...] = ()
    cwd: str = "."
    timeout: float = 30.0

    @property
    def references(self) -> frozenset[str]:
        """The names of the other services that this one's own command and variables name."""
        templates = [template for _, template in self.env] + ([self.command] if self.command else [])
        names = {part[0] for template in templates for part in template.parts if not isinstance(part, str)}
        return frozenset(names - {self.name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One declared integration point: the code that crosses a boundary, and the service behind it."""

    name: str
    code: tuple[str, ...]
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole declaration.

    ``root`` is the folder of pyproject.toml; ``idle`` and ``budget`` are in seconds, no budget is 0. ``sources`` maps
    a dotted key (``services.db.version``) to where its value came from.
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
    services: tuple[Service, ...]
    env: tuple[tuple[str, Template], ...]
    points: tuple[Point, ...]
    sources: Mapping[str, Source]

    def service(self, name: str) -> Service:
        """Return the declared service of that name; ``KeyError`` where there is none."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)
