"""The client of the keeper: ask for a server, starting the keeper itself where none answers."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import StartError
from juncture.host import leases
from juncture.host.folders import lease_path, private_folder, short_folder
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.host.engine import Engine

__all__ = ["LOCK", "SOCKET", "Launch", "Running", "Watch", "running", "start", "state", "stop", "watch"]

PATIENCE = 10.0
"""Seconds that a keeper may take to come up or to answer: it starts in about 30 ms, but the machine may be busy."""

SOCKET = "keeper-2.sock"
"""The name of the socket has the version of what is spoken there."""

LOCK = "keeper-2"
"""The name of the lease that a keeper holds as long as it runs."""

SPAWN_PATIENCE = 3.0
"""Seconds before a keeper that was spawned, but holds no lock yet, is taken for dead."""

REMOVED_WITHIN, REMOVAL_PAUSE = 30.0, 0.05
"""Seconds that the removal of a container may take, and those between two questions whether it is done."""


class Launch(Value, kw_only=True):
    """How to start one server.

    ``user`` and ``group`` are ids to drop to, or None to stay. ``idle`` is in seconds. ``crash_signal`` is what the
    server gets when the keeper dies; ``lease`` is the file whose shared lock means "in use".
    """

    key: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: str
    log: str
    lease: str
    port: int
    idle: float
    stop_signal: int
    crash_signal: int
    user: int | None = None
    group: int | None = None


class Watch(Value, kw_only=True):
    """A container to remove when nobody has held the lease ``server-<key>`` for ``idle`` seconds.

    It need not be there yet, and is removed only where it bears the labels of ``home_id`` and ``key``. ``once`` says
    that it is made for one run, and that nothing of it is to be remembered.
    """

    key: str
    engine: Engine
    name: str
    home_id: str
    port: int
    idle: float
    once: bool = False


class Running(Value):
    """A server that the keeper keeps; ``age`` is in seconds, and ``pid`` 0 where it is a container."""

    key: str
    pid: int
    port: int
    age: float


def state(home: Path, key: str, idle: float) -> Running | int | None:
    """Return the running server of that key, the exit code it ended with, or None where it never ran.

    A running one is told its new ``idle`` time. No keeper is started.
    """
    answer = _ask(home, {"do": "state", "key": key, "idle": idle}, spawn=False)
    if answer is None:
        return None
    if answer["running"]:
        return _running(answer)
    code: int | None = answer["exit"]
    return code


def start(home: Path, launch: Launch) -> Running:
    """Start a server, or return the one of that key that runs already; start the keeper first where needed."""
    answer = _ask(home, {"do": "start"} | asdict(launch), spawn=True)
    if answer is None or "error" in answer:
        reason = "no answer" if answer is None else answer["error"]
        raise StartError(f"the keeper could not start {launch.argv[0]}: {reason}", hint=f"its log is {_log(home)}")
    return _running(answer)


def watch(home: Path, watched: Watch) -> bool:
    """Have the keeper remove a container when it is idle; start the keeper first where needed.

    One that it watches already counts as used now, and gets its new ``idle`` time. Return whether it watched none
    before: what a keeper that was killed had to remove is forgotten then.
    """
    words = (watched.engine.address, watched.engine.certificates, watched.name, watched.home_id, watched.key, str(home))
    request = {
        "do": "watch",
        "key": watched.key,
        "lease": str(lease_path(home, f"server-{watched.key}")),
        "port": watched.port,
        "idle": watched.idle,
        "words": [*words, "once" if watched.once else ""],
    }
    answer = _ask(home, request, spawn=True)
    if answer is None or "error" in answer:
        reason = "no answer" if answer is None else answer["error"]
        raise StartError(f"the keeper can't watch a container: {reason}", hint=f"its log is {_log(home)}")
    return bool(answer.get("first"))


def running(home: Path) -> list[Running]:
    """Return the servers that run now."""
    answer = _ask(home, {"do": "list"}, spawn=False)
    return [] if answer is None else [_running(row) for row in answer["servers"]]


def stop(home: Path, key: str) -> bool:
    """Stop the server of that key unless somebody holds a lease on it; return whether nothing of it runs now.

    False also where the keeper can't do it: its log tells why.
    """
    deadline = time.monotonic() + REMOVED_WITHIN
    while True:
        answer = _ask(home, {"do": "stop", "key": key}, spawn=False)
        if answer is None or not answer.get("ending"):
            return answer is None or not answer.get("busy", True)
        if time.monotonic() > deadline:
            return False
        time.sleep(REMOVAL_PAUSE)


def _running(row: dict[str, Any]) -> Running:
    return Running(key=row["key"], pid=row["pid"], port=row["port"], age=row["age"])


def _ask(home: Path, request: dict[str, Any], *, spawn: bool) -> dict[str, Any] | None:
    address = str(short_folder(home) / SOCKET)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _exchange(address, request)
        except (OSError, ValueError):
            # No keeper, or one that is just going: its answer would have come before its end.
            if not spawn:
                return None
            if time.monotonic() > deadline:
                raise StartError("the keeper does not answer", where=address, hint=f"its log is {_log(home)}") from None
        with leases.hold(lease_path(home, "keeper-start"), exclusive=True, timeout=PATIENCE, purpose="start a keeper"):
            _spawn_unless_answering(home, address, deadline)


def _exchange(address: str, request: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(address)
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as stream:
            answer: dict[str, Any] = json.loads(stream.readline())
            return answer


def _spawn_unless_answering(home: Path, address: str, deadline: float) -> None:
    lock = lease_path(home, LOCK)
    patience = time.monotonic()
    while not _answers(address) and time.monotonic() < deadline:
        if time.monotonic() >= patience and (free := leases.attempt(lock, exclusive=True)) is not None:
            free.release()
            _spawn(home, address, lock)
            patience = time.monotonic() + SPAWN_PATIENCE
        time.sleep(0.002)


def _answers(address: str) -> bool:
    try:
        _exchange(address, {"do": "list"})
    except (OSError, ValueError):
        return False
    return True


def _spawn(home: Path, address: str, lock: Path) -> None:
    # posix_spawn, not Popen: the keeper is nobody's child to wait for, and descriptors of ours are close-on-exec.
    root = str(Path(__file__).parents[2])
    code = (
        "import sys; address, lock, root = sys.argv[1:]; sys.path.insert(0, root);"
        "from juncture.host.keeper_process import main; main(address, lock)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code, address, str(lock), root]
    appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    os.posix_spawn(
        sys.executable,
        argv,
        {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(_log(home)), appended, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=(),  # a server inherits the mask, and one with SIGTERM blocked could not be stopped politely
    )


def _log(home: Path) -> Path:
    return private_folder(home, "logs") / "keeper.log"
