"""What killed processes left in the slots of a shared server: who gets one empties it, and each run's end does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.host import slots

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.kinds import Kind

__all__ = ["empty_abandoned"]


def empty_abandoned(kind: Kind, admin: Endpoint, key: str, home: Path) -> list[str]:
    """Empty the slots that hold something and that nobody uses, and return what they are called.

    Those that are kept for names are nobody's to empty. A kind whose servers don't tell which slots hold something is
    left to whoever gets them next.
    """
    known, empty = kind.image.slots if kind.image else None, kind.empty
    if known is None or known.used is None or empty is None:
        return []
    emptied = []
    for number in known.used(admin):
        if number < known.count - slots.KEPT and (lease := slots.take(home, key, number)):
            with lease:
                empty(known.at(admin, number), {})
            emptied.append(f"{admin.service} {number}")
    return emptied
