"""Names that are kept off: whether a host or a database is one that no test may touch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["denied_by"]


def denied_by(name: str, patterns: Iterable[str]) -> str:
    """Return the first pattern that matches a host's or a database's name; empty where none does.

    A pattern has to match the whole name, or the whole of a part of it between ``.``, ``-`` and ``_``; ``*`` stands for
    any characters, ``?`` for one, and case does not count. So ``prod`` matches ``db-prod-1`` and not ``products``.
    """
    name = name.strip().rstrip(".").lower()
    candidates = [name, *re.split(r"[._-]", name)]
    for pattern in patterns:
        expression = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
        if any(re.fullmatch(expression, each, re.DOTALL) for each in candidates if each):
            return pattern
    return ""
