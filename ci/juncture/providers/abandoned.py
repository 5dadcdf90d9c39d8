"""What killed processes left in the slots of a shared server: who gets one empties it, and each run's end does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.host import slots

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.kinds import Kind, Slots

__all__ = ["empty_abandoned"]


def empty_abandoned(kind: Kind, parts: Slots | None, admin: Endpoint, key: str, home: Path) -> list[str]:
    """Empty the slots that hold something and that nobody uses, and return what they are called.

    Those that are kept for names are nobody's to empty. A kind whose servers don't tell which slots hold something is
    left to whoever gets them next.
    """
    empty = kind.empty
    if parts is None or parts.used is None or empty is None:
        return []
    emptied = []
    for number in parts.used(admin):
        if number < parts.count - slots.KEPT and (lease := slots.take(home, key, number)):
            with lease:
                empty(parts.at(admin, number), {})
            emptied.append(f"{admin.service} {number}")
    return emptied
