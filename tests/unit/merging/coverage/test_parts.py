"""The same work on several parts at once."""

from __future__ import annotations

import os
import threading

import pytest

from juncture.merging.coverage.parts import at_once, divide

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
"""The workers of xdist have a thread of their own; that no process with threads is forked has a test below."""


def here(part: list[int]) -> tuple[int, int]:
    """Return the sum of a part, and the process that made it."""
    return sum(part), os.getpid()


def broken(part: list[int]) -> int:
    """Fail on one part."""
    return 1 // part[0]


def killed_elsewhere(part: tuple[int, int]) -> int:
    """End the process at once, unless it is the first one."""
    own, number = part
    if os.getpid() != own:
        os._exit(1)
    return number


def test_parts_are_made_elsewhere_and_returned_in_order() -> None:
    """Each part has a process of its own; one part alone needs none."""
    sums, made_by = zip(*at_once(here, [[1, 2], [3], [4]]), strict=True)
    assert sums == (3, 3, 4)
    assert os.getpid() not in made_by
    assert at_once(here, [[5]]) == [(5, os.getpid())]


def test_error_of_a_part_is_raised() -> None:
    """What goes wrong there is told here."""
    with pytest.raises(ZeroDivisionError):
        at_once(broken, [[1], [0]])


def test_killed_process_costs_nothing_but_time() -> None:
    """The work of a process that was killed is done here."""
    assert at_once(killed_elsewhere, [(os.getpid(), 1), (os.getpid(), 2)]) == [1, 2]


def test_little_is_not_divided() -> None:
    """Each part has what is worth a process, and everything is in one of them."""
    assert divide([1, 2, 3], 2) == [[1, 2, 3]]
    parts = divide(list(range(1000)), 10)
    assert sorted(thing for part in parts for thing in part) == list(range(1000))
    assert divide([], 10) == [[]]


def test_process_with_threads_is_not_forked() -> None:
    """A lock that another thread holds would stay locked in the child."""
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()
    try:
        assert divide(list(range(100)), 1) == [list(range(100))]
    finally:
        go_on.set()
        thread.join()
