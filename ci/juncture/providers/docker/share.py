"""What one process has of a kind's containers: a numbered namespace in one that is shared, or a whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.host import slots
from juncture.values import Value

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.host import leases
    from juncture.services.kinds import Image

__all__ = ["Share", "belongs", "take"]

OWN = 1024
"""Containers of one sort that a machine may have at a time."""


class Share(Value, kw_only=True):
    """The key of a container, and what this process has there.

    ``slot`` is the number of its namespace, or of the container; ``lease`` makes it this process's alone. Both are None
    where there is nothing to lease.
    """

    key: str
    slot: int | None = None
    lease: leases.Lease | None = None


def take(home: Path, recipe: Image, family: str, *, kept: str = "", wanted: int | None = None) -> Share | None:
    """Lease what a process needs of the containers of a ``family``; None where what is ``wanted`` is somebody else's.

    The lowest numbers come first, so that they stay warm. ``kept`` names what outlives its users, and is for everybody
    who knows the name. Raise `LeaseError` where all is in use.
    """
    own = recipe.sharing == "worker"
    if not own and recipe.slots is None:
        return Share(key=family)
    if kept and recipe.slots:
        return Share(key=family, slot=slots.kept(home, family, kept, recipe.slots.count))
    if kept:
        return Share(key=f"{family}-{kept}")
    if wanted is None:
        number, lease = slots.free(home, family, recipe.slots.count - slots.KEPT if recipe.slots else OWN)
    elif found := slots.take(home, family, wanted):
        number, lease = wanted, found
    else:
        return None
    return Share(key=f"{family}-{number}" if own else family, slot=number, lease=lease)


def belongs(key: str, family: str) -> bool:
    """Tell whether a container's key is that of a family, or of one among those that are a process's own."""
    return key == family or key.startswith(f"{family}-")
