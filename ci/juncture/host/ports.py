"""Ports of embedded servers: free ones, chosen once, and written down for every process that asks later."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from juncture.host import leases
from juncture.host.folders import lease_path, private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["HOST", "choose", "further", "is_free"]

HOST = "127.0.0.1"

PAUSE = 0.01


def choose(home: Path, key: str, *, fresh: bool = False) -> int:
    """Return the port that the server of that key had last time, or a free one; ``fresh`` means another one."""
    path = private_folder(home, "run", "ports") / key
    with leases.hold(lease_path(home, "ports"), exclusive=True, timeout=30, purpose="choose a port"):
        if not fresh and (text := _noted(path)).isdigit():
            with suppress(FileNotFoundError):
                os.utime(path)  # it is of use: what was not for a while is pruned
            return int(text)
        taken = {_noted(other) for other in path.parent.iterdir()}
        port = _free_port()
        while str(port) in taken:
            port = _free_port()
        unfinished = path.with_suffix(".new")
        unfinished.write_text(str(port))
        unfinished.replace(path)
        return port


def further(home: Path, key: str, numbers: Iterable[int], *, fresh: bool = False) -> tuple[tuple[int, int], ...]:
    """Return the further ports of a server that has several, each paired with the number that its image gives it."""
    return tuple((number, choose(home, f"{key}-{number}", fresh=fresh)) for number in numbers)


def is_free(port: int, *, within: float = 0.0) -> bool:
    """Tell whether a server could listen on that port now, or ``within`` so many seconds.

    What listens may be a stranger, or a server of ours that is just dying: it must not be taken for the next one.
    """
    deadline = time.monotonic() + within
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: what was closed may linger
            try:
                probe.bind((HOST, port))
            except OSError:
                if time.monotonic() >= deadline:
                    return False
            else:
                return True
        time.sleep(PAUSE)


def _noted(path: Path) -> str:
    """Return what is written down; empty where nothing is: what removes a container forgets its ports at any time."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
