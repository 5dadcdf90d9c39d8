"""What every provider gives: a reserved server, which can be started, and then a running one, with its log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.host import leases
    from juncture.model import Endpoint

__all__ = ["Claim", "FileLog", "Log", "NoLog", "Reserved", "Server"]


class Log(Protocol):
    """What a server writes for people."""

    @property
    def lag(self) -> float:
        """Seconds that a line may take from the server to where it can be read; 0.0 where it is there at once."""
        ...

    def mark(self) -> float:
        """Return where the log is now; only this log knows what the number means."""
        ...

    def since(self, mark: float, limit: int) -> bytes:
        """Return what was written since a mark, and of that the last ``limit`` bytes; nothing where it can't be read.

        A log that was begun anew in the meantime is returned from its beginning. A mark of 0 is the beginning too.
        """
        ...


class Reserved(Protocol):
    """A server that this process may start or use: nothing runs because of it."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, or will be."""
        ...

    @property
    def log(self) -> Log:
        """Its log, which may not exist yet."""
        ...

    def start(self, *, promised: bool) -> Server:
        """Return the server, running and probed, with a lease on it.

        ``promised`` says that its port was given away already and can't be changed any more. Raise `StartError` with
        the end of its log where it does not become ready, `ProviderError` where it can't be had at all.
        """
        ...


class Claim(Protocol):
    """What makes a namespace ours where leases are not seen: on a server that other machines use too."""

    def confirm(self) -> None:
        """Raise `StateError` where it is not ours any more; it is asked before each time that it is emptied."""
        ...

    def release(self) -> None:
        """Give it back, where the server still answers."""
        ...


class Server(Value, kw_only=True):
    """A running server and this process's lease on it.

    ``seconds`` is how long it took to get ready here, ``shared`` whether other processes of the run use it too.
    ``collect`` empties what killed processes left on it, where they had no database to drop, and returns what that was;
    ``after`` is what remains to be done once it was given back.
    """

    endpoint: Endpoint
    key: str
    lease: leases.Lease
    slot: leases.Lease | None
    started: bool
    seconds: float
    log: Log
    shared: bool = False
    claim: Claim | None = None
    collect: Callable[[], list[str]] = list
    after: Callable[[], None] | None = None

    def release(self) -> None:
        """Give back what this process holds; the keeper stops the server when nobody holds it any more."""
        if self.claim:
            self.claim.release()
        self.lease.release()
        if self.slot:
            self.slot.release()
        if self.after:
            self.after()


class FileLog(Value):
    """A log in a file."""

    path: Path

    @property
    def lag(self) -> float:
        """Return 0.0: the server itself writes it."""
        return 0.0

    def mark(self) -> float:
        """Return the file's size in bytes."""
        try:
            return os.stat(self.path).st_size  # noqa: PTH116 - before every test: Path.stat takes twice as long
        except FileNotFoundError:
            return 0

    def since(self, mark: float, limit: int) -> bytes:
        """Return the bytes after a mark."""
        if not self.path.exists():
            return b""
        size = self.path.stat().st_size
        start = int(mark) if mark <= size else 0
        with self.path.open("rb") as file:
            file.seek(max(start, size - limit))
            return file.read()


class NoLog:
    """The log of a server that somebody else runs: it can't be read."""

    @property
    def lag(self) -> float:
        """Return 0.0."""
        return 0.0

    def mark(self) -> float:
        """Return 0."""
        return 0

    def since(self, mark: float, limit: int) -> bytes:
        """Return nothing."""
        del mark, limit
        return b""
