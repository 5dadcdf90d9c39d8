"""Tests of ``juncture.isolation.pool`` with a maker of names; the reset's own tests have a real one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from juncture.isolation.pool import Pool
from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Names:
    """Makes names, and remembers what was dropped."""

    def __init__(self) -> None:
        """Make none yet."""
        self.made = 0
        self.there: set[str] = set()
        self.closed = False
        self.broken = False

    def make(self) -> str:
        """Return the next name."""
        if self.broken:
            self.broken = False
            raise WireError("no space left")
        self.made += 1
        name = f"c{self.made}"
        self.there.add(name)
        return name

    def drop(self, name: str) -> None:
        """Forget a name."""
        self.there.remove(name)
        if self.broken:
            raise OSError

    def close(self) -> None:
        """Remember that it is over."""
        self.closed = True


@pytest.fixture
def names() -> Names:
    """Return a maker."""
    return Names()


@pytest.fixture
def pool(names: Names) -> Iterator[Pool]:
    """Return a pool of three."""
    made = Pool(names, 3)
    yield made
    made.close()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.001)


def test_nothing_is_made_before_it_is_wanted(names: Names) -> None:
    """Nor is there a thread; to close such a pool drops nothing."""
    before = threading.active_count()
    Pool(names, 3).close()
    assert (names.made, names.closed, threading.active_count()) == (0, True, before)


def test_as_many_as_asked_for_are_kept_ready(names: Names, pool: Pool) -> None:
    """Each one that is taken is replaced, and none is given twice."""
    pool.want()
    until(lambda: names.made == 3)
    taken = [pool.take() for _ in range(5)]
    assert len(set(taken)) == 5
    until(lambda: names.made == 8)


def test_retired_ones_are_dropped(names: Names, pool: Pool) -> None:
    """And at the end all that nobody took, but none that somebody has."""
    first = pool.take()
    pool.retire(first)
    until(lambda: first not in names.there)
    kept = pool.take()
    until(lambda: names.made == 5)
    pool.close()
    assert (names.there, names.closed) == ({kept}, True)


def test_failure_is_told_once_and_tried_again(names: Names, pool: Pool) -> None:
    """Whoever takes one hears why there is none; the next one may have more luck."""
    names.broken = True
    with pytest.raises(WireError, match="no space left"):
        pool.take()
    assert pool.take() == "c1"


def test_drop_that_fails_stops_nothing(names: Names, pool: Pool) -> None:
    """The server may be gone; who cleans up after killed runs finds it."""
    first = pool.take()
    until(lambda: names.made == 4)
    names.broken = True
    pool.retire(first)
    until(lambda: first not in names.there)
    names.broken = False
    assert {pool.take() for _ in range(4)} == {"c2", "c3", "c4", "c5"}
