"""Names for the parts of a server that many processes share, where the kind has names for them and no numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.model import Endpoint

__all__ = ["COUNT", "numbers", "part"]

COUNT = 1024
"""Parts of one server, of which the upper ones are for checkouts that keep theirs. They are made when they are used."""


def part(endpoint: Endpoint, slot: int) -> str:
    """Return the name of a part: at most 18 lower-case letters, digits and hyphens, which any kind takes.

    On a server of somebody else's it says whose it is, so that two machines never have one of the same name.
    """
    return f"{_lead(endpoint)}{slot}"


def numbers(endpoint: Endpoint, names: Iterable[str]) -> list[int]:
    """Return the numbers of those names that are parts of this endpoint's owner, each once, in their order."""
    pattern = re.compile(re.escape(_lead(endpoint)) + r"(0|[1-9][0-9]*)")
    found = {int(match[1]) for name in names if (match := pattern.fullmatch(name))}
    return sorted(number for number in found if number < COUNT)


def _lead(endpoint: Endpoint) -> str:
    return f"jx{endpoint.owner}-" if endpoint.owner else "juncture-"
