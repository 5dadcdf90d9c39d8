"""Kinds that other distributions add: each is an entry point of the group ``juncture.services``, named after the kind.

They are looked for only when a kind is asked for that the catalogue does not have: looking takes 10 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.services.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "installed_kind", "installed_names"]

GROUP = "juncture.services"


def installed_kind(name: str) -> Kind | None:
    """Return the kind that an installed distribution has by that name, None where none has.

    Raise `ConfigError`, which names the distribution, where its kind can't be loaded or is none.
    """
    points = _points(name)
    if not points:
        return None
    where = f"entry point {name!r} of the group {GROUP}"
    if len(points) > 1:
        owners = " and ".join(sorted(_owner(point) for point in points))
        raise ConfigError(f"{owners} both have a kind of that name", where=where, hint="uninstall one of them")
    (point,) = points
    hint = f"update {_owner(point)}, or uninstall it"
    try:
        kind = point.load()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ConfigError(f"{_owner(point)} can't load {point.value}: {said}", where=where, hint=hint) from error
    if not isinstance(kind, Kind):
        raise ConfigError(f"{point.value} of {_owner(point)} is no Kind: {kind!r}", where=where, hint=hint)
    if kind.name != name:
        raise ConfigError(f"{point.value} of {_owner(point)} calls itself {kind.name!r}", where=where, hint=hint)
    return kind


def installed_names() -> frozenset[str]:
    """Return the names of all installed kinds, loaded or not."""
    return frozenset(point.name for point in _points())


def _points(name: str = "") -> list[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - 10 ms, for those who need it

    found: Iterable[EntryPoint] = entry_points(group=GROUP, name=name) if name else entry_points(group=GROUP)
    return list({(_owner(point), point.name, point.value): point for point in found}.values())


def _owner(point: EntryPoint) -> str:
    """Return the distribution with its version, as installers write it."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "a distribution without a name"
