"""Leases: kernel locks that say who uses what, and that vanish with their holder.

A lease is a held ``flock``, shared by the users of a thing and exclusive for whoever wants to change or remove it. No
process id is written down anywhere: ids are recycled, a lock of the kernel is not. Locks bind one host and one folder.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from juncture.errors import LeaseError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Lease", "attempt", "hold", "holders"]

FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds between two attempts while waiting."""


class Lease:
    """A held lock on one file; release it by ``with`` or ``release``."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Own an open descriptor that already holds the lock."""
        self.path = path
        self._descriptor: int | None = descriptor

    def __enter__(self) -> Self:
        """Return itself; the lock is held already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the lock."""
        self.release()

    def fileno(self) -> int:
        """Return the descriptor: a child that inherits it holds the lock too. ``ValueError`` where it was released."""
        if self._descriptor is None:
            raise ValueError("the lease was released")
        return self._descriptor

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def retire(self) -> None:
        """Remove the file of an *exclusive* lease, then release it: the thing it stood for is gone."""
        if self._descriptor is not None and _is_still(self.path, self._descriptor):
            with suppress(FileNotFoundError):
                self.path.unlink()
        self.release()


def attempt(path: Path, *, exclusive: bool) -> Lease | None:
    """Return a lease on ``path``, or None where another process's lease forbids it.

    The lock is on an inode, not on a name: after locking, both are compared, because a file that was removed and made
    again in between would give two holders of one name.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_still(path, descriptor):
            return Lease(path, descriptor)
        os.close(descriptor)


def hold(path: Path, *, exclusive: bool, timeout: float, purpose: str) -> Lease:
    """Return a lease on ``path``, waiting up to ``timeout`` seconds for it.

    Raise `LeaseError` when it could not be had; ``purpose`` completes "waited 30 s to ...".
    """
    deadline = time.monotonic() + timeout
    pause = FIRST_PAUSE
    while (lease := attempt(path, exclusive=exclusive)) is None:
        if time.monotonic() > deadline:
            raise LeaseError(
                f"waited {timeout:g} s to {purpose}; another process still holds it",
                where=str(path),
                hint="`juncture services.status` shows what is in use; end the other run, or wait for it",
            )
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return lease


def holders(path: Path) -> int:
    """Return how many leases are held on ``path`` now; for people to read, never to decide by.

    Linux tells it in /proc/locks; elsewhere the answer is 1 for "some".
    """
    try:
        inode = path.stat().st_ino
    except FileNotFoundError:
        return 0
    try:
        rows = Path("/proc/locks").read_text().splitlines()
    except OSError:
        lease = attempt(path, exclusive=True)
        if lease is not None:
            lease.release()
        return 0 if lease else 1
    return sum(1 for row in rows if " FLOCK " in row and "->" not in row and f":{inode} " in row)


def _is_still(path: Path, descriptor: int) -> bool:
    mine = os.fstat(descriptor)
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino)
