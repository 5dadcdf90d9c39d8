"""Tests of ``juncture.pytesting.alarm``."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from juncture.pytesting.alarm import Alarm, Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def fails() -> Iterator[None]:
    """Expect that the block is interrupted."""
    with pytest.raises(pytest.fail.Exception, match="too long"):
        yield


def wait() -> None:
    """Wait for ever, in lines of Python."""
    while True:
        time.sleep(0.005)


def test_a_signal_interrupts_what_waits() -> None:
    """A wait that never ends fails, and again where something goes on all the same; then the signal is free again."""
    alarm = Alarm(lambda: "too long")
    with fails():
        try:
            alarm.set(0.05)
            threading.Event().wait()
        finally:
            with fails():
                threading.Event().wait()
            alarm.cancel()
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_signal_of_somebody_else_is_left_alone() -> None:
    """Then another thread interrupts, at the next line of Python."""
    alarm = Alarm(lambda: "too long")
    theirs = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        mine = signal.getsignal(signal.SIGALRM)
        with fails():
            alarm.set(0.05)
            wait()
        alarm.cancel()
        assert signal.getsignal(signal.SIGALRM) == mine
    finally:
        signal.signal(signal.SIGALRM, theirs)


def test_a_thread_that_is_not_the_main_one_is_interrupted_itself() -> None:
    """Tests need not run in the main thread."""
    seen: list[str] = []

    def run() -> None:
        alarm = Alarm(lambda: "too long")
        try:
            alarm.set(0.05)
            wait()
        except pytest.fail.Exception as error:
            seen.append(str(error))
        finally:
            alarm.cancel()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == ["too long"]


def test_an_alarm_that_is_cancelled_is_silent() -> None:
    """A phase that ends in time is left alone, by signal and by thread."""
    alarm = Alarm(lambda: pytest.fail("it was cancelled"))
    alarm.set(0.05)
    alarm.cancel()
    alarm.cancel()
    time.sleep(0.1)


def test_what_swallows_the_failure_does_not_make_it_unknown() -> None:
    """The end of what was timed hears of it, once, by signal and by thread."""
    texts = iter(["too long", "still too long", "again"])
    alarm = Alarm(lambda: next(texts))
    alarm.set(0.05)
    with fails():
        wait()
    with pytest.raises(pytest.fail.Exception, match="still"):
        wait()
    assert alarm.cancel() == "too long"
    assert not alarm.cancel()
    theirs = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        alarm.set(0.05)
        with pytest.raises(pytest.fail.Exception, match="again"):
            wait()
        assert alarm.cancel() == "again"
    finally:
        signal.signal(signal.SIGALRM, theirs)


def test_a_thread_that_is_late_interrupts_nothing_else() -> None:
    """What it was set for is over by the time that there is a text, and the next thing is timed already."""
    asked, go_on = threading.Event(), threading.Event()

    def text() -> str:
        asked.set()
        go_on.wait(10.0)
        return "too long"

    alarm = Alarm(text)
    theirs = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        alarm.set(0.01)
        assert asked.wait(10.0)
        alarm.set(3600.0)
        go_on.set()
        time.sleep(0.1)
        assert not alarm.cancel()
    finally:
        signal.signal(signal.SIGALRM, theirs)


def test_the_watchdog_barks_once_and_in_its_own_thread() -> None:
    """It looks every second, and a new time takes the place of the one before."""
    barked = threading.Event()
    names: list[str] = []

    def bark() -> None:
        names.append(threading.current_thread().name)
        barked.set()

    watchdog = Watchdog(bark)
    watchdog.set(3600.0)
    watchdog.set(0.0)
    assert barked.wait(10.0)
    assert names == ["juncture-watchdog"]
