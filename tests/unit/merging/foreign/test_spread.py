"""Tests of ``juncture.merging.foreign.spread``, with real forks."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from juncture.merging.foreign.spread import processors, spread


@pytest.mark.parametrize("processes", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("number", [0, 1, 5])
def test_results_come_in_order(number: int, processes: int) -> None:
    """Whichever process made them."""
    assert spread(lambda at: f"result {at}", list(range(number)), processes) == [f"result {n}" for n in range(number)]


def test_work_is_divided_by_weight() -> None:
    """The heaviest thing is worth three light ones; the first share is this process's own."""
    pids = spread(lambda _: os.getpid(), [1, 3, 1, 1], 2)
    assert pids[1] == os.getpid()
    assert pids[0] == pids[2] == pids[3] != os.getpid()


def test_hashes_agree() -> None:
    """A key of one process is the same in another."""
    assert len({*spread(lambda _: hash(("suite", "name")), [1, 1, 1], 3)}) == 1


def test_what_a_dead_process_leaves_is_done_here() -> None:
    """And so is what can't be sent."""
    here = os.getpid()
    assert spread(lambda at: at if os.getpid() == here else os._exit(9), [1, 1, 1], 2) == [0, 1, 2]
    locks = spread(lambda _: threading.Lock(), [1, 1], 2)
    assert [lock.locked() for lock in locks] == [False, False]


def test_exception_comes_from_here_and_leaves_no_process() -> None:
    """Wherever it was raised first."""

    def fail_at_1(at: int) -> int:
        return 1 // (at - 1)

    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text()
    for weights in ([1, 2], [2, 1]):
        with pytest.raises(ZeroDivisionError):
            spread(fail_at_1, weights, 2)
    assert children.read_text() == before


def test_a_process_with_threads_is_not_forked() -> None:
    """A lock that another thread holds would be held for ever in the fork."""
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert processors() == 1
    finally:
        release.set()
        thread.join()
