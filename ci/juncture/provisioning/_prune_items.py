"""What every part of a prune shares: what goes, and what it learns on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.provisioning._containers import Docked

__all__ = ["Item", "Rest"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that goes: of what sort, its name, its size in bytes where that is known, and why."""

    what: str
    name: str
    size: int | None
    why: str


@dataclass(slots=True, kw_only=True)
class Rest:
    """The home that is pruned, what its engine has, and what turned out on the way.

    ``used`` are the names of containers and servers that stay because somebody uses them, ``problems`` what could not
    be removed.
    """

    home: Path
    docked: Docked
    dry_run: bool
    used: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
