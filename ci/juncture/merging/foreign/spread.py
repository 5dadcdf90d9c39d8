"""Do the same work for many things on all processors, in forks of this process.

A fork has the hash seed of its parent, so that keys agree; and it costs two milliseconds, where `multiprocessing` takes
thirty to be imported.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["processors", "spread"]

T = TypeVar("T")


def processors() -> int:
    """Return how many processors this process may use with forks; one where it has threads, which a fork would lose."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Callable[[int], T], weights: Sequence[int], processes: int) -> list[T]:
    """Return the results of ``work`` for the indices of ``weights``, in their order; they have to be picklable.

    The heaviest come first, each to the process with the least so far. What a process that ended early leaves is done
    here, and an exception of ``work`` comes from here.
    """
    shares = _shares(weights, processes)
    done: dict[int, T] = {}
    children = [_start(work, share) for share in shares[1:]]
    try:
        done.update((at, work(at)) for at in shares[0])
        for _, pipe in children:
            with os.fdopen(os.dup(pipe), "rb") as file, suppress(EOFError, pickle.UnpicklingError):
                done.update(pickle.load(file))  # noqa: S301 - from our own fork
    finally:
        for pid, pipe in children:
            os.close(pipe)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # it has ended, or is not needed any more
            os.waitpid(pid, 0)
    return [done[at] if at in done else work(at) for at in range(len(weights))]


def _shares(weights: Sequence[int], processes: int) -> list[list[int]]:
    """Return the indices for each process, at least one list; no list but the first is empty."""
    shares: list[list[int]] = [[] for _ in range(max(processes, 1))]
    loads = [0] * len(shares)
    for at in sorted(range(len(weights)), key=lambda at: -weights[at]):
        least = loads.index(min(loads))
        shares[least].append(at)
        loads[least] += weights[at]
    return [shares[0], *(sorted(share) for share in shares[1:] if share)]


def _start(work: Callable[[int], T], share: Sequence[int]) -> tuple[int, int]:
    """Start a fork on its share; return its process id and where its results can be read."""
    reading, writing = os.pipe()
    if pid := os.fork():
        os.close(writing)
        return pid, reading
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as file:
            pickle.dump({at: work(at) for at in share}, file, protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException:  # noqa: BLE001 - the parent does it again, and says what is wrong
        os._exit(1)
    os._exit(0)
