"""The keeper: one process per host and home folder that parents embedded servers, and stops what is idle.

Servers can't be children of a test run: they would die with it, keep its standard output open, or be orphaned when it
is killed. Containers need no parent, but somebody who removes them. The keeper is a single thread around one Unix
socket; a request is one JSON line, and so is its answer. It inherits no lock and no descriptor. On Linux its servers
die with it, however it ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.host import leases
from juncture.host.kept import KeptContainer, KeptProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.host.kept import Kept

LINGER = 2.0
"""Seconds that a keeper without servers stays, so that a run that just ended can be followed by another."""

PR_SET_PDEATHSIG = 1

OPEN = ("/proc/self/fd", "/dev/fd")
"""The folders that list a process's own descriptors: on Linux, and elsewhere."""

FIRST, MOST = 3, 65536
"""The first descriptor that is no standard one, and how far up they are closed where no folder lists them."""


class Keeper:
    """Serve requests until there is nothing left to keep."""

    def __init__(self, listener: socket.socket) -> None:
        """Serve on ``listener``; start with no server."""
        self._listener = listener
        self._kept: dict[str, Kept] = {}
        self._exits: dict[str, int] = {}
        self._last_request = time.monotonic()
        self._stopping = False
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "list": self._list,
            "start": self._start,
            "state": self._state,
            "stop": self._stop_one,
            "watch": self._watch,
        }

    def run(self) -> None:
        """Answer requests, notice dead servers, stop idle ones; return when nothing is left."""
        woken, wake = socket.socketpair()
        wake.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._terminate)
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            try:
                self._serve(selector, woken)
            finally:
                # A container does not die with us, and somebody may use it.
                mine = [kept for kept in self._kept.values() if isinstance(kept, KeptProcess)]
                for kept in mine:
                    kept.ask()
                for kept in mine:  # all at once: there may be one for each of many workers
                    self._end(kept)

    def _serve(self, selector: selectors.BaseSelector, woken: socket.socket) -> None:
        while not self._stopping:
            for key, _ in selector.select(self._pause()):
                if key.fileobj is woken:
                    woken.recv(4096)
                else:
                    self._answer()
            self._reap()
            self._stop_idle()
            if not self._kept and time.monotonic() - self._last_request > LINGER:
                return

    def _terminate(self, *_: object) -> None:
        self._stopping = True

    def _pause(self) -> float:
        shortest = min((kept.idle for kept in self._kept.values()), default=LINGER)
        return min(max(shortest / 10, 0.1), 5.0)

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        self._last_request = time.monotonic()
        with connection, suppress(OSError, ValueError):
            connection.settimeout(5)
            with connection.makefile("rwb") as stream:
                request = json.loads(stream.readline())
                try:
                    answer = self._operations[request["do"]](request)
                except (OSError, KeyError, TypeError, ValueError, subprocess.SubprocessError) as error:
                    answer = {"error": f"{type(error).__name__}: {error}"}
                stream.write(json.dumps(answer).encode() + b"\n")

    def _list(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"pid": os.getpid(), "servers": [kept.row() for kept in self._kept.values()]}

    def _state(self, request: dict[str, Any]) -> dict[str, Any]:
        self._reap()
        key = request["key"]
        if kept := self._kept.get(key):
            kept.last_used = time.monotonic()
            kept.idle = request.get("idle", kept.idle)
            return {"running": True} | kept.row()
        return {"running": False, "exit": self._exits.get(key)}

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        state = self._state(request)
        if state["running"]:
            return state | {"started": False}
        user = request["user"]
        with Path(request["log"]).open("ab") as log:
            process = subprocess.Popen(
                request["argv"],
                env=request["env"],
                cwd=request["folder"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=None if user is None else request["group"],
                extra_groups=None if user is None else [],
                preexec_fn=_die_with_parent(request["crash_signal"]),  # noqa: PLW1509 - this process has one thread
            )
        now = time.monotonic()
        kept = KeptProcess(
            key=request["key"],
            process=process,
            lease=Path(request["lease"]),
            port=request["port"],
            idle=request["idle"],
            stop_signal=request["stop_signal"],
            started=now,
            last_used=now,
        )
        self._kept[kept.key] = kept
        self._exits.pop(kept.key, None)
        return {"running": True, "started": True} | kept.row()

    def _watch(self, request: dict[str, Any]) -> dict[str, Any]:
        now = time.monotonic()
        first = not any(isinstance(kept, KeptContainer) for kept in self._kept.values())
        known = self._kept.get(request["key"])
        if isinstance(known, KeptContainer) and known.removal is not None:
            return {"watched": False}
        self._kept[request["key"]] = KeptContainer(
            key=request["key"],
            lease=Path(request["lease"]),
            port=request["port"],
            idle=request["idle"],
            started=known.started if isinstance(known, KeptContainer) else now,
            last_used=now,
            words=tuple(request["words"]),
        )
        return {"watched": True, "first": first}

    def _stop_one(self, request: dict[str, Any]) -> dict[str, Any]:
        kept = self._kept.get(request["key"])
        if kept is None:
            return {"stopped": False, "busy": False}
        if isinstance(kept, KeptContainer) and kept.removal is not None:
            return {"stopped": False, "busy": False, "ending": True}
        lease = leases.attempt(kept.lease, exclusive=True)
        if lease is None:
            return {"stopped": False, "busy": True}
        if isinstance(kept, KeptContainer):
            if not kept.begin_removal(lease):
                return {"error": "the process that removes it can't be started"}
            return {"stopped": False, "busy": False, "ending": True}
        with lease:
            self._end(kept)
        return {"stopped": True, "busy": False}

    def _reap(self) -> None:
        for kept in list(self._kept.values()):
            code = kept.poll()
            if code is not None:
                self._exits[kept.key] = code
                del self._kept[kept.key]

    def _stop_idle(self) -> None:
        now = time.monotonic()
        for kept in list(self._kept.values()):
            if isinstance(kept, KeptContainer) and kept.removal is not None:
                continue
            lease = leases.attempt(kept.lease, exclusive=True)
            if lease is None:
                kept.last_used = now
            elif now - kept.last_used < kept.idle:
                lease.release()
            elif isinstance(kept, KeptContainer):
                kept.begin_removal(lease)
            else:
                with lease:
                    self._end(kept)

    def _end(self, kept: Kept) -> None:
        self._exits[kept.key] = kept.end()
        del self._kept[kept.key]


def _die_with_parent(crash_signal: int) -> Callable[[], None] | None:
    """Return what makes a child get ``crash_signal`` when its parent dies; None where the kernel has no such thing.

    It runs after the change of user, which would clear the setting.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def set_parent_death_signal() -> None:
        prctl(PR_SET_PDEATHSIG, crash_signal)

    return set_parent_death_signal


def close_inherited() -> None:
    """Close every descriptor but the standard ones: a shell's ``9>lock`` reaches every descendant.

    The limit of descriptors may be a billion, as in many containers; so those that are open are looked up.
    """
    for folder in OPEN:
        try:
            names = os.listdir(folder)  # noqa: PTH208 - the numbers alone, before anything else is opened
        except OSError:
            continue
        for number in map(int, names):
            if number >= FIRST:
                with suppress(OSError):  # the listing had one itself
                    os.close(number)
        return
    limit = os.sysconf("SC_OPEN_MAX")
    os.closerange(FIRST, min(limit, MOST) if limit > 0 else MOST)


def main(address: str, lock: str) -> None:
    """Keep servers, reachable at the Unix socket ``address``, unless another keeper holds ``lock``."""
    close_inherited()
    lease = leases.attempt(Path(lock), exclusive=True)
    if lease is None:
        return
    os.chdir("/")
    with lease, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        with suppress(FileNotFoundError):
            Path(address).unlink()
        listener.bind(address)
        Path(address).chmod(0o600)
        mine = Path(address).stat().st_ino
        listener.listen(64)
        try:
            Keeper(listener).run()
        finally:
            with suppress(FileNotFoundError):
                if Path(address).stat().st_ino == mine:  # else the home was removed, and another keeper has a new one
                    Path(address).unlink()
