"""Run one command in the foreground, as if it had been typed: its signals, its exit code, and no orphan."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["run_child"]

_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
_FROM_KEYBOARD = (signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1
"""From ``linux/prctl.h``."""


def run_child(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command with the terminal, the working folder and the streams of this process; return its exit code.

    A command that died of signal *n* gives 128 + *n*, as in a shell. Signals sent to this process go on to the
    command. ``FileNotFoundError`` and ``PermissionError`` mean that it could not be started. The command does not
    outlive this function; on Linux it does not outlive this process either, even after a SIGKILL.
    """
    with _forwarding() as forward_to:
        # preexec_fn is only unsafe where it takes a lock, and this one does not.
        child = subprocess.Popen(argv, env=dict(environment), preexec_fn=_dying_with(os.getpid()))  # noqa: PLW1509
        try:
            forward_to(child)
            code = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _forwarding() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Catch signals until the end of the block; early ones reach the child once it is there.

    A signal that this process was told to ignore (``nohup``) stays ignored, here and in the child.
    """
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def handle(number: int, _frame: object) -> None:
        # A key press goes to the whole foreground group: the child has it already, and a second one would cut short
        # what the first one lets it finish.
        if number in _FROM_KEYBOARD and _in_foreground():
            return
        if children:
            children[0].send_signal(number)
        else:
            early.append(number)

    def forward_to(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    caught = [number for number in _FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield forward_to
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Tell whether the keys of a terminal send their signals to this process."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _dying_with(parent: int) -> Callable[[], None] | None:
    """Return what the child does before it becomes the command: ask to be killed when its parent dies (Linux only)."""
    if sys.platform != "linux":
        return None
    # Looked up here: between fork and exec nothing may take a lock.
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return ask
