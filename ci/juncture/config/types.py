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
    besides ``kind`` and ``version``.
    """

    name: str
    attributes: frozenset[str]
    options: frozenset[str]


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
    names the files that ``migrate`` reads, where juncture can't know them by itself.
    """

    name: str
    kind: str
    version: str = ""
    migrate: str = ""
    seed: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One declared integration point: the code that crosses a boundary, and the service behind it."""

    name: str
    code: tuple[str, ...]
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole declaration.

    ``root`` is the folder of pyproject.toml; ``idle`` is in seconds. ``sources`` maps a dotted key
    (``services.db.version``) to where its value came from.
    """

    root: Path
    project: str
    unit: tuple[str, ...]
    integration: tuple[str, ...]
    shards: int
    provider: Literal["auto", "embedded", "docker", "external"]
    reports: str
    idle: float
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
