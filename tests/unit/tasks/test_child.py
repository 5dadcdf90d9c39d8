"""How ``run`` treats its child: environment, exit code, signals, and no orphan."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import juncture
from juncture.tasks._child import run_child

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE_ROOT = str(Path(juncture.__file__).parents[1])
PARENT = """
import sys
from juncture.tasks._child import run_child
sys.exit(run_child([sys.executable, "-c", sys.argv[1]], {}))
"""
AT_A_TERMINAL = """
import os
os.close(os.open(os.ttyname(0), os.O_RDWR))  # a session's first terminal becomes its own
"""
COUNTING_CHILD = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("ready", flush=True)
signal.sigwait([signal.SIGINT])
seen = 1
while signal.sigtimedwait([signal.SIGINT], 0.3):
    seen += 1
print("interrupts", seen, flush=True)
sys.exit(5)
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this system call")


def test_child_has_the_environment_and_gives_its_exit_code() -> None:
    """The command gets exactly the environment it was given; its exit code comes back."""
    assert run_child(["sh", "-c", 'test "$COLOUR" = red && exit 7'], {"COLOUR": "red", "PATH": "/bin"}) == 7


def test_child_that_died_of_a_signal_gives_its_number() -> None:
    """A command that a signal killed gives 128 + the signal's number, as in a shell."""
    assert run_child(["sh", "-c", "kill -9 $$"], {"PATH": "/bin"}) == 128 + signal.SIGKILL


def test_signal_handlers_are_restored() -> None:
    """After the command Ctrl-C means again what it meant before."""
    before = signal.getsignal(signal.SIGINT)
    run_child(["sh", "-c", ":"], {"PATH": "/bin"})
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT])
def test_signal_is_forwarded_to_the_child(number: signal.Signals) -> None:
    """A signal to this process reaches the command, which decides how it ends."""
    child = f"""if True:
        import signal, sys
        signal.signal({int(number)}, lambda number, frame: sys.exit(40 + number))
        print("ready", flush=True)
        while True:
            signal.pause()
    """
    with parent_of(textwrap.dedent(child)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(10) == 40 + number


@LINUX
def test_child_does_not_outlive_a_killed_parent() -> None:
    """A SIGKILL of this process takes the command with it."""
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with parent_of(child) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    try:
        assert not is_running(pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@LINUX
def test_key_press_interrupts_the_child_once() -> None:
    """Ctrl-C in a terminal reaches the command once: a second one would cut its own clean-up short."""
    terminal, screen = pty.openpty()
    command = [sys.executable, "-c", AT_A_TERMINAL + PARENT, COUNTING_CHILD]
    with (
        os.fdopen(terminal, "r+b", buffering=0) as keyboard,
        os.fdopen(screen, "r+b", buffering=0) as streams,
        subprocess.Popen(
            command,
            stdin=streams,
            stdout=streams,
            stderr=streams,
            env={"PYTHONPATH": SOURCE_ROOT},
            start_new_session=True,
        ) as process,
    ):
        try:
            read_until(terminal, b"ready")
            keyboard.write(b"\x03")
            assert b"interrupts 1\r\n" in read_until(terminal, b"interrupts")
            assert process.wait(10) == 5
        finally:
            process.kill()


@LINUX
def test_interrupt_without_a_terminal_is_forwarded_once() -> None:
    """A CI runner's SIGINT to this process alone reaches the command."""
    with parent_of(COUNTING_CHILD) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupts 1\n"
        assert process.wait(10) == 5


@contextlib.contextmanager
def parent_of(child: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process without a terminal that has a Python script as its child; it ends with the block."""
    command = [sys.executable, "-c", PARENT, child]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": SOURCE_ROOT}, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(terminal: int, text: bytes) -> bytes:
    """Return what a terminal shows, up to the line that has ``text`` in it."""
    shown = b""
    while text not in shown or not shown.endswith(b"\n"):
        assert select.select([terminal], [], [], 30)[0], f"only {shown!r} came"
        shown += os.read(terminal, 1024)
    return shown


def is_running(pid: int) -> bool:
    """Tell whether a process is there, after it had a moment to go."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        if (Path("/proc") / str(pid) / "stat").read_text().split()[2] == "Z":
            return False
        time.sleep(0.02)
    return True
