"""The line that tells how tests came to a clean database, and what that cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.isolation.reset.usage import WAYS, Usage, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["clean_line", "clean_lines"]

WORDS: Mapping[Way, tuple[str, str]] = {
    "nothing": ("left nothing", "left nothing"),
    "rollback": ("rolled back", "rolled back"),
    "rows": ("with rows put back", "with rows put back"),
    "fresh": ("new copy", "new copies"),
}


def clean_line(service: str, usage: Usage) -> str:
    """Return how many tests came to a clean database in which way, with the mean of what each of them cost."""
    parts = []
    for way in WAYS:
        if count := usage.counts.get(way, 0):
            words = WORDS[way][count > 1]
            parts.append(f"{count} {words} ({1000 * usage.seconds[way] / count:.2f} ms each)")
    return f"{service}: {', '.join(parts)}"


def clean_lines(told: Iterable[tuple[str, Mapping[str, list[float]]]]) -> list[str]:
    """Return a line per service, from what the processes of one or several runs told of it."""
    found: dict[str, Usage] = {}
    for service, ways in told:
        found.setdefault(service, Usage()).hear(ways)
    return [clean_line(service, usage) for service, usage in sorted(found.items()) if usage.counts]
