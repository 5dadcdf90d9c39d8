"""What a keeper keeps: the processes that it parents, and the containers that it removes when nobody uses them."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from juncture.host import leases

__all__ = ["Kept", "KeptContainer", "KeptProcess"]

STOP_GRACE = 5.0
"""Seconds between a server's polite stop signal and SIGKILL."""

REMOVED_WITHIN = 60.0
"""Seconds that an engine may take to remove a container."""

AGAIN_AFTER = 5.0
"""Seconds between two attempts to remove a container: an engine may be stopped, and come back."""

ATTEMPTS = 60
"""How often a removal is tried: for some five minutes, then it is left to the next run."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """What is kept, and since when nobody has used it."""

    key: str
    lease: Path
    port: int
    idle: float
    started: float
    last_used: float

    @property
    def pid(self) -> int:
        """The process, where it is a child of ours, else 0."""
        return 0

    def row(self) -> dict[str, Any]:
        """Return what a client is told of it."""
        age = time.monotonic() - self.started
        return {"key": self.key, "pid": self.pid, "port": self.port, "age": age, "idle": self.idle}

    def poll(self) -> int | None:
        """Return the exit code of what has ended, None while it is there."""
        raise NotImplementedError

    def end(self) -> int:
        """End it, and return its exit code."""
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class KeptProcess(Kept):
    """A running server that is a child of ours; ``asked`` is when it was asked to end, 0.0 until then."""

    process: subprocess.Popen[bytes]
    stop_signal: int
    asked: float = 0.0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def poll(self) -> int | None:
        """Return the exit code of what has ended, None while it runs."""
        return self.process.poll()

    def ask(self) -> None:
        """Ask it to end; a second call does nothing, as to some servers a second signal means more."""
        if not self.asked:
            self.asked = time.monotonic()
            with suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def end(self) -> int:
        """Ask it to end, and a moment after that make it."""
        self.ask()
        try:
            return self.process.wait(max(0.0, self.asked + STOP_GRACE - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@dataclass(slots=True, kw_only=True)
class KeptContainer(Kept):
    """A container; ``words`` are what its `juncture.host.removal` is told.

    The removal is a process of its own, because the engine may take its time. It holds the exclusive lease meanwhile,
    also where the keeper ends.
    """

    words: tuple[str, ...]
    removal: subprocess.Popen[bytes] | None = None
    held: leases.Lease | None = None
    attempts: int = 0
    deadline: float = 0.0

    def begin_removal(self, lease: leases.Lease) -> bool:
        """Begin to remove it; ``lease`` is the exclusive one, and given back where the process can't be started.

        That counts as an attempt: the environment whose interpreter this process runs may be gone, and come back.
        """
        root = str(Path(__file__).parents[2])
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]);"
            "from juncture.host.removal import main; sys.exit(main(sys.argv[2:]))"
        )
        self.held = lease
        self.attempts += 1
        self.deadline = time.monotonic() + REMOVED_WITHIN
        argv = [sys.executable, "-I", "-S", "-c", code, root, *self.words]
        try:
            self.removal = subprocess.Popen(argv, pass_fds=(lease.fileno(),))
        except OSError as error:
            sys.stderr.write(f"the container {self.key} could not be removed: {error}\n")
            sys.stderr.flush()
            lease.release()
            self._put_off()
            return False
        return True

    def poll(self) -> int | None:
        """Return 0 when it was removed, and 1 where that is given up; None while it is there."""
        if self.removal is None:
            return 1 if self.attempts >= ATTEMPTS else None
        code = self.removal.poll()
        if code is None:
            if time.monotonic() > self.deadline:
                self.removal.kill()
            return None
        self.removal = None
        if self.held and code:
            self.held.release()
        elif self.held:
            self.held.retire()
        if code and self.attempts < ATTEMPTS:
            self._put_off()
            return None
        return 1 if code else 0

    def _put_off(self) -> None:
        self.last_used = time.monotonic() + AGAIN_AFTER - self.idle
