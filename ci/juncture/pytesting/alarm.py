"""Interrupt the thread that runs tests after a while: by a signal where that is possible, else by another thread."""

from __future__ import annotations

import ctypes
import math
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["Alarm", "Watchdog"]

TICK = 1.0
"""Seconds between two looks of the watchdog."""


class Alarm:
    """An alarm for one thread; ``expired`` is called when time is up, and returns what the test fails with.

    A signal interrupts what waits in the main thread: a lock, a socket, a sleep. Where the signal is not to be had (the
    tests run in another thread, or somebody else uses it), an exception is raised when the next line of Python runs.
    """

    def __init__(self, expired: Callable[[], str]) -> None:
        """Set nothing yet."""
        self._expired = expired
        self._seconds = 0.0
        self._timer: threading.Timer | None = None
        self._by_signal = False
        self._fired = ""

    def set(self, seconds: float) -> None:
        """Expire after some seconds; by a signal also again after as many more, until it is cancelled."""
        self.cancel()
        self._seconds = seconds
        if _signal_is_free():
            signal.signal(signal.SIGALRM, self._on_signal)
            self._by_signal = True
            signal.setitimer(signal.ITIMER_REAL, seconds)
        else:
            thread = threading.get_ident()
            self._timer = timer = threading.Timer(seconds, lambda: self._on_timer(timer, thread))
            timer.daemon = True
            timer.start()

    def cancel(self) -> str:
        """Do not expire any more; return what it failed with first since it was set, empty where it did not expire.

        Whatever was interrupted may have swallowed that failure. A second call does nothing, and returns nothing.
        """
        self._seconds = 0.0  # first: a signal may be on its way
        if self._by_signal:
            self._by_signal = False
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            if signal.getsignal(signal.SIGALRM) == self._on_signal:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        fired, self._fired = self._fired, ""
        return fired

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        __tracebackhide__ = True
        if self._seconds:
            seconds, text = self._seconds, self._expired()
            self._fired = self._fired or text
            signal.setitimer(signal.ITIMER_REAL, seconds)  # what goes on all the same is interrupted again
            raise pytest.fail.Exception(text)

    def _on_timer(self, timer: threading.Timer, thread: int) -> None:
        if self._timer is not timer:
            return
        text = self._expired()

        class Failed(pytest.fail.Exception):  # type: ignore[name-defined,misc] # it is one
            """Another thread can be given no exception but one that is made without arguments."""

            def __init__(self) -> None:
                super().__init__(text)

        if self._timer is timer:  # else what it was set for is over, and the next thing may have begun
            self._fired = text
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Failed))


class Watchdog:
    """A thread that looks every second whether an alarm was in vain: a test that is stuck in a library's C code.

    Only for a process that has threads anyway: Python warns of a fork in one that has.
    """

    def __init__(self, bark: Callable[[], None]) -> None:
        """Watch for nothing yet; ``bark`` is called once the time that was set is over."""
        self._bark = bark
        self._deadline = math.inf
        self._thread: threading.Thread | None = None

    def set(self, seconds: float) -> None:
        """Bark after some seconds, unless another time is set before; ``math.inf`` is never."""
        self._deadline = time.monotonic() + seconds
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="juncture-watchdog", daemon=True)
            self._thread.start()

    def _watch(self) -> None:
        wait = threading.Event().wait  # and not time.sleep, which a test may have replaced
        while True:
            wait(TICK)
            if time.monotonic() > self._deadline:
                self._deadline = math.inf
                self._bark()


def _signal_is_free() -> bool:
    return (
        threading.current_thread() is threading.main_thread()
        and hasattr(signal, "SIGALRM")
        and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    )
