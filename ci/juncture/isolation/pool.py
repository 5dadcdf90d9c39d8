"""A few clones of a template, made ahead in the background while tests run."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import Protocol

from juncture.errors import JunctureError, StateError
from juncture.services.wire import WireError

__all__ = ["Maker", "Pool"]

SLOWEST = 120.0
"""Seconds that making one clone may take."""


class Maker(Protocol):
    """What makes clones, from one thread, and takes them away, from another."""

    def make(self) -> str:
        """Return the name of a new clone."""

    def drop(self, name: str) -> None:
        """Drop a database that is no longer used; one that can't be is left to who cleans up after killed runs."""

    def close(self) -> None:
        """Give up what was needed to do that; neither thread runs any more."""


class Pool:
    """Keeps up to ``size`` clones ready once somebody says that they are wanted.

    One thread makes them and another drops what is no longer used: a clone takes about as long as a test, and the next
    one should not have to wait for both.
    """

    def __init__(self, maker: Maker, size: int) -> None:
        """Make nothing yet."""
        self._maker = maker
        self._size = size
        self._ready: deque[str] = deque()
        self._old: deque[str] = deque()
        self._change = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._failure: Exception | None = None
        self._closing = False

    def want(self) -> None:
        """Begin to make clones; a second call does nothing."""
        with self._change:
            if self._threads or self._closing:
                return
            for work in (self._fill, self._clear):
                thread = threading.Thread(target=work, name=f"juncture-clones{work.__name__}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def take(self) -> str:
        """Return the name of a clone that is nobody else's, and have another one made. Raise what making one raised."""
        self.want()
        with self._change:
            if not self._change.wait_for(lambda: self._ready or self._failure, timeout=SLOWEST):
                raise StateError(f"no clone was made in {SLOWEST:.0f} s")
            if not self._ready:
                failure, self._failure = self._failure, None
                assert failure is not None  # noqa: S101 - or it would still wait
                self._change.notify_all()
                raise failure
            name = self._ready.popleft()
            self._change.notify_all()
        return name

    def retire(self, name: str) -> None:
        """Have a database dropped when there is time."""
        with self._change:
            self._old.append(name)
            self._change.notify_all()

    def close(self) -> None:
        """Drop everything that is left, and return when that is done."""
        with self._change:
            self._closing = True
            threads, self._threads = self._threads, []
            self._change.notify_all()
        for thread in threads:
            thread.join()
        while self._ready or self._old:
            self._drop((self._ready or self._old).popleft())
        self._maker.close()

    def _fill(self) -> None:
        """Make clones until there are enough, and again when one was taken."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or self._is_short())
                if self._closing:
                    return
            try:
                name = self._maker.make()
            except (WireError, OSError, JunctureError) as error:
                with self._change:
                    self._failure = error
                    self._change.notify_all()
            else:
                with self._change:
                    self._ready.append(name)
                    self._change.notify_all()

    def _clear(self) -> None:
        """Drop what is no longer used."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or self._old)
                if self._closing:
                    return
                name = self._old.popleft()
            self._drop(name)

    def _is_short(self) -> bool:
        return len(self._ready) < self._size and self._failure is None

    def _drop(self, name: str) -> None:
        with suppress(WireError, OSError):  # its server died: there is nothing to drop, or the next run finds it
            self._maker.drop(name)
