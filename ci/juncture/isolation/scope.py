"""Whose namespaces they are: one process, of one run, of one checkout; and the addresses that it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from juncture.host.folders import home as home_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from juncture.config import Config, Template
    from juncture.model import Endpoint

__all__ = ["Scope", "filled"]


@dataclass(kw_only=True, eq=False, repr=False)
class Scope:
    """One process, and what it knows of its services.

    ``kept`` says that its namespaces outlive it, ``passive`` that it only prepares what others use; ``tell`` gets lines
    of progress. ``endpoints`` maps service names to where it reaches them, in its own namespaces; ``ready`` names those
    that answer.
    """

    config: Config
    environ: Mapping[str, str]
    run: str
    worker: str
    kept: bool
    passive: bool = False
    tell: Callable[[str], None] = lambda _: None
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)

    @property
    def home(self) -> Path:
        """Juncture's folder on this machine."""
        return home_folder(self.environ)

    @property
    def environment(self) -> dict[str, str]:
        """The declared ``env`` table, filled with this process's endpoints."""
        return self.environment_with(self.endpoints)

    def environment_with(self, endpoints: Mapping[str, Endpoint]) -> dict[str, str]:
        """Return the declared ``env`` table, filled with the given endpoints."""
        return {name: filled(template, endpoints) for name, template in self.config.env}

    def variables(self, own: Endpoint) -> dict[str, str]:
        """Return all variables of a command that works for the service of ``own``, and reaches it there."""
        return {**self.environ, **self.environment_with({**self.endpoints, own.service: own})}


def filled(template: Template, endpoints: Mapping[str, Endpoint], spelled: Callable[[str], str] = str) -> str:
    """Return the text with its fields replaced by what they name, as ``spelled`` writes it."""
    return "".join(
        part if isinstance(part, str) else spelled(endpoints[part[0]].attribute(part[1])) for part in template.parts
    )
