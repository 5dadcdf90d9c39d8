"""Tests that are known to be unreliable: whether one is excused, and until when."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from juncture.config.types import Quarantine

__all__ = ["excused_by", "expired"]


def excused_by(quarantine: Iterable[Quarantine], nodeid: str, today: date) -> Quarantine | None:
    """Return what excuses a failure of the test on this day, its last day included; None where nothing does.

    An entry is of the one test with that node id, or of all that its ``*`` and ``?`` match. Square brackets stand for
    themselves: they are in the node ids of parametrized tests.
    """
    return next((each for each in quarantine if today <= each.until and _matches(nodeid, each.test)), None)


def expired(quarantine: Iterable[Quarantine], today: date) -> list[Quarantine]:
    """Return the entries whose last day is over."""
    return [each for each in quarantine if each.until < today]


def _matches(nodeid: str, pattern: str) -> bool:
    return nodeid == pattern or fnmatchcase(nodeid, pattern.replace("[", "[[]"))
