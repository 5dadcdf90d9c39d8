"""Do the same work on several parts at once, each in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["at_once", "divide"]

T = TypeVar("T")
R = TypeVar("R")

MOST = 8
"""Processes; what they make has to be joined again."""

BUSY = 0.6
"""The load of a machine, for each of its processors, from which on it counts as busy."""


def divide(things: Sequence[T], least: int) -> list[list[T]]:
    """Divide things into as many parts as processes are worth it, each of at least ``least``; one where none is.

    Processes are forked, which takes milliseconds and is safe only in a process without threads, and not on macOS. On a
    busy machine they would only cost: all of them together work longer than one does.
    """
    many = min(MOST, len(things) // least, _free()) or 1
    return [list(things[index::many]) for index in range(many)]


def at_once(work: Callable[[T], R], parts: Iterable[T]) -> list[R]:
    """Return what ``work`` makes of each part, in their order; its first error is raised.

    Work and what it makes have to be picklable, and the work may not change anything that this process reads.
    """
    given = list(parts)
    if len(given) == 1:
        return [work(given[0])]
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only where there is much to do
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    try:
        with ProcessPoolExecutor(len(given), mp_context=get_context("fork")) as pool:
            return list(pool.map(work, given))
    except BrokenProcessPool:  # one was killed: out of memory, most likely
        return [work(part) for part in given]


def _free() -> int:
    """Return how many processes can work at once, 0 where none should be forked."""
    # The system knows of threads that Python's own list of them does not.
    if sys.platform != "linux" or len(list(Path("/proc/self/task").iterdir())) > 1:
        return 0
    busy = os.getloadavg()[0] > BUSY * (os.cpu_count() or 1)
    return 0 if busy else len(os.sched_getaffinity(0))
