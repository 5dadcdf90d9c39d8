"""Servers for the keeper that are no database: they start in a millisecond and do as they are told."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from juncture.host import folders
from juncture.host.keeper import Launch

if TYPE_CHECKING:
    from pathlib import Path


class Make(Protocol):
    """Say how to start a server in a home."""

    def __call__(self, key: str = "server", script: str = "exec sleep 600", **changes: Any) -> Launch:
        """Return the launch; ``changes`` are fields of it."""
        ...


@pytest.fixture
def make(bare_home: Path) -> Make:
    """Return a function that makes a launch in the bare home."""
    log = folders.private_folder(bare_home, "logs") / "server.log"

    def made(key: str = "server", script: str = "exec sleep 600", **changes: Any) -> Launch:
        fields: dict[str, Any] = {
            "key": key,
            "argv": ("/bin/sh", "-c", script),
            "env": {"PATH": "/usr/bin:/bin"},
            "folder": "/",
            "log": str(log),
            "lease": str(folders.lease_path(bare_home, f"server-{key}")),
            "port": 1,
            "idle": 60.0,
            "stop_signal": signal.SIGTERM,
            "crash_signal": signal.SIGKILL,
        }
        return Launch(**(fields | changes))

    return made
