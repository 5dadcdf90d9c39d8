"""Whether a selection is so small that a second worker costs more than it saves, as far as earlier runs tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.sharding.history import History

__all__ = ["is_tiny"]

WORKER = 500_000
"""Microseconds that one more worker takes to start and to collect, where it has a core of its own."""


def is_tiny(arguments: Iterable[str], history: History) -> bool:
    """Tell whether all tests at or below these node ids, files and folders together take less than a worker's start.

    Where no test is known below an argument, or one took nobody knows how long, the answer is no.
    """
    total = 0
    for argument in arguments:
        times = [history.time_of(nodeid) for nodeid in _at(argument, history)]
        total += sum(filter(None, times))
        if not times or None in times or total >= WORKER:
            return False
    return total > 0


def _at(argument: str, history: History) -> Iterable[str]:
    if argument in history.tests:
        return [argument]
    if argument in {"", "."}:
        return history.tests
    prefixes = (f"{argument}/", f"{argument}::", f"{argument}[")
    return [nodeid for nodeid in history.tests if nodeid.startswith(prefixes)]
