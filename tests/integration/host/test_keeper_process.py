"""Tests of ``juncture.host.keeper_process`` inside this process, for what takes long from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.host import keeper_process, kept, leases
from juncture.host.keeper_process import Keeper, main

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.host.conftest import Make

CLOSE = """
import os, sys
from juncture.host import keeper_process
os.sysconf = lambda _: 2**30
keeper_process.OPEN = tuple(sys.argv[1:])
os.dup2(1, 300)
keeper_process.close_inherited()
try:
    os.fstat(300)
except OSError:
    print("closed")
"""


def test_server_that_ignores_its_stop_signal_is_killed(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, until: Callable[..., None]
) -> None:
    """A server gets a while to end by itself, and no longer."""
    monkeypatch.setattr(kept, "STOP_GRACE", 0.2)
    launch = make(script=f"trap '' TERM; touch {tmp_path}/ready; while :; do sleep 0.01; done")
    with socket.socket() as listener:
        keeper = Keeper(listener)
        keeper._start(asdict(launch))
        until((tmp_path / "ready").exists)
        began = time.monotonic()
        assert keeper._stop_one({"key": "server"}) == {"stopped": True, "busy": False}
    assert 0.2 <= time.monotonic() - began < 5
    assert keeper._state({"key": "server"}) == {"running": False, "exit": -signal.SIGKILL}


def test_container_stays_kept_where_its_removal_can_not_be_started(
    make: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The environment whose interpreter removes it is gone: the keeper goes on, says so, and holds no lock on it."""
    lease = make("box").lease
    with socket.socket() as listener:
        keeper = Keeper(listener)
        keeper._watch({"key": "box", "lease": lease, "port": 1, "idle": 0.0, "words": []})
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        keeper._stop_idle()
        keeper._reap()
        assert "error" in keeper._stop_one({"key": "box"})
        assert keeper._state({"key": "box"})["running"]
        leases.hold(Path(lease), exclusive=True, timeout=0, purpose="look").release()
        monkeypatch.setattr(kept, "ATTEMPTS", 3)
        assert "error" in keeper._stop_one({"key": "box"})
        assert keeper._state({"key": "box"}) == {"running": False, "exit": 1}
    assert "the container box could not be removed" in capfd.readouterr().err


@pytest.mark.parametrize("folders", [keeper_process.OPEN, ()])
def test_descriptors_are_closed_whatever_the_limit_is(folders: tuple[str, ...]) -> None:
    """In a container it may be a billion, and to close as many takes minutes."""
    environ = os.environ | {"PYTHONPATH": str(Path(keeper_process.__file__).parents[2])}
    argv = [sys.executable, "-c", CLOSE, *folders]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "closed\n"


def test_second_keeper_leaves_the_first_alone(tmp_path: Path) -> None:
    """Only the holder of the lock may bind the address; another one just ends."""
    address = tmp_path / "keeper.sock"
    address.write_text("the first one's")
    with (
        leases.hold(tmp_path / "lock", exclusive=True, timeout=0, purpose="keep"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(keeper_process, "close_inherited", lambda: None)  # this process needs its descriptors
        main(str(address), str(tmp_path / "lock"))
    assert address.read_text() == "the first one's"
    assert Path.cwd() != Path("/")
