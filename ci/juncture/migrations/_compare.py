"""How two schemas differ, in lines for people."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.services.things import Thing

__all__ = ["differences", "more"]

NOBODY: Mapping[Thing, str] = MappingProxyType({})

LONGEST = 200
"""Characters of one definition that are shown."""


def more(before: Mapping[Thing, str], after: Mapping[Thing, str]) -> list[Thing]:
    """Return what is in ``after`` alone; of a table that is, not its columns and indexes."""
    added = [thing for thing in after if thing not in before]
    whole = {str(thing) for thing in added}
    return [thing for thing in added if thing.of not in whole]


def differences(
    before: Mapping[Thing, str], after: Mapping[Thing, str], *, makers: Mapping[Thing, str] = NOBODY
) -> list[str]:
    """Return a line for each object that is left behind, missing or another one than before.

    ``makers`` says of what is left behind which revision made it.
    """
    left = [
        f"left behind  {_told(thing, after[thing])}" + (f"\n{'':15}made by {makers[thing]}" if thing in makers else "")
        for thing in more(before, after)
    ]
    lost = [f"missing      {_told(thing, before[thing])}" for thing in more(after, before)]
    changed = [
        f"changed      {_told(thing, '')}: was {_short(before[thing])}, is {_short(after[thing])}"
        for thing in before
        if thing in after and before[thing] != after[thing]
    ]
    return left + lost + changed


def _told(thing: Thing, definition: str) -> str:
    where = f" of {thing.of}" if thing.of and thing.kind != "column" else ""
    return f"{thing}{where}{f': {_short(definition)}' if definition else ''}"


def _short(text: str) -> str:
    line = " ".join(text.split()) or "nothing"
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
