"""A few clones of a template, made ahead by a thread while tests run."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import Protocol

from juncture.errors import StateError
from juncture.services.wire import WireError

__all__ = ["Maker", "Pool"]

SLOWEST = 120.0
"""Seconds that making one clone may take."""


class Maker(Protocol):
    """What makes clones and takes them away, from the thread of a pool."""

    def make(self) -> str:
        """Return the name of a new clone."""

    def drop(self, name: str) -> None:
        """Drop a database that is no longer used; one that can't be is left to who cleans up after killed runs."""

    def close(self) -> None:
        """Give up what was needed to do that."""


class Pool:
    """Keeps up to ``size`` clones ready once somebody says that they are wanted."""

    def __init__(self, maker: Maker, size: int) -> None:
        """Make nothing yet."""
        self._maker = maker
        self._size = size
        self._ready: deque[str] = deque()
        self._old: deque[str] = deque()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        self._closing = False

    def want(self) -> None:
        """Begin to make clones; a second call does nothing."""
        with self._change:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._work, name="juncture-clones", daemon=True)
                self._thread.start()

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
            thread, self._thread = self._thread, None
            self._change.notify_all()
        if thread:
            thread.join()

    def _work(self) -> None:
        try:
            while self._step():
                pass
            for name in (*self._old, *self._ready):
                self._drop(name)
        finally:
            self._maker.close()

    def _step(self) -> bool:
        """Do the one thing that is most wanted; return False when there is nothing more to do."""
        with self._change:
            self._change.wait_for(lambda: self._closing or self._old or self._is_short())
            if self._closing:
                return False
            old = self._old.popleft() if self._old and (self._ready or not self._is_short()) else ""
        if old:
            self._drop(old)
            return True
        try:
            name = self._maker.make()
        except (WireError, OSError, StateError) as error:
            with self._change:
                self._failure = error
                self._change.notify_all()
        else:
            with self._change:
                self._ready.append(name)
                self._change.notify_all()
        return True

    def _is_short(self) -> bool:
        return len(self._ready) < self._size and self._failure is None

    def _drop(self, name: str) -> None:
        with suppress(WireError, OSError):  # its server died: there is nothing to drop, or the next run finds it
            self._maker.drop(name)
