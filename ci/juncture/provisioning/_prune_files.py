"""What a prune removes from the disk and from memory: data of servers, old programs, notes and leases."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.host import folders, keeper, leases
from juncture.host.folders import lease_path
from juncture.providers import binaries
from juncture.providers.docker import ours
from juncture.providers.embedded import families_of
from juncture.provisioning._prune_items import Item
from juncture.provisioning._servers import look, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from juncture.provisioning._prune_items import Rest

__all__ = ["homeless", "leases_of", "notes", "programs", "servers"]

OLD = 24 * 3600.0
"""Seconds after which a note that was of no use to anybody is removed."""

KEY = re.compile(r"[a-z]+-[0-9a-f]{8,}(-[\w-]+)?")
"""What the data folder of a server is called."""

TOLD = ("build-", "make-", "namespace-", "server-", "slot-", "start-")
"""What the names of the leases begin with that are worth a word; the others are made again by every command."""


def servers(rest: Rest) -> Iterator[Item]:
    """Stop the embedded servers that nobody uses, and remove their data; and the data of those that do not run."""
    data = [path for folder in folders.data_folders(rest.home) for path in folder.iterdir()]
    running = {server.key for server in look(rest.home)}
    for key in sorted({*running, *(_key(path) for path in data if KEY.fullmatch(_key(path)))}):
        mine = [path for path in data if _key(path) == key]
        size = _sum(mine)
        if _goes(rest, key, mine):
            why = "nobody uses it" if key in running else "it does not run"
            yield Item("server", key, size, f"{why}; its data goes with it")
        else:
            rest.used.append(key)


def programs(rest: Rest) -> Iterator[Item]:
    """Remove the programs of which a newer one of the same major version is there, and what was made with them."""
    folder = rest.home / "servers"
    if folder.is_symlink():  # they are somebody else's
        return
    for binary in binaries.superseded(rest.home):
        if any(key.startswith(prefix) for prefix in families_of(binary) for key in rest.used):
            continue
        mine = [folder / binary.key, *(rest.home / "clusters").glob(f"{binary.key}-*")]
        size = _sum(mine)
        if not rest.dry_run:
            path = lease_path(rest.home, "adopt")
            with leases.hold(path, exclusive=True, timeout=30, purpose="remove server programs"):
                _discard(mine)
        yield Item("program", binary.key, size, "a newer one of its version is there")


def notes(rest: Rest) -> Iterator[Item]:
    """Remove what is written down of servers that are gone, a day after it was of use to somebody."""
    run = rest.home / "run"
    folders_of_notes = (run / "ports", run / "slots", run / "uses", rest.home / "logs")
    gone = [path for folder in folders_of_notes for path in _in(folder) if _is_old(path) and path.stem != "keeper"]
    if rest.docked.engine is not None:
        there = {container.key for container in rest.docked.containers}
        gone += [path for path in _in(run / "containers") if _key(path) not in there]
    used = {name.removeprefix("juncture-") for name in rest.used}
    gone = [path for path in gone if _key(path) not in used]
    if not gone:
        return
    size = _sum(gone)
    with ExitStack() as stack:
        for name in () if rest.dry_run else ("ports", "slots"):  # who looks at the notes of others must find them
            path = lease_path(rest.home, name)
            stack.enter_context(leases.hold(path, exclusive=True, timeout=30, purpose="remove old notes"))
        went = [path for path in gone if _goes(rest, _key(path), [path])]
    if went:
        yield Item("notes", _many(went), size, "ports, logs and the like of servers that are gone")


def homeless(*, dry_run: bool) -> Iterator[Item]:
    """Remove the data in memory of homes that are gone, where no process works with it any more."""
    for folder in folders.homeless():
        if not _is_in_use(folder):
            size = _sum([folder])
            if not dry_run:
                _discard([folder])
            yield Item("data", str(folder), size, "its home is gone")


def leases_of(home: Path, *, dry_run: bool, templates: bool) -> Iterator[Item]:
    """Remove the lease files that nobody holds.

    Those of ``templates`` tell when each was used last: they stay for as long as a server may have one.
    """
    gone = []
    for path in _in(home / "leases"):
        if path.name.startswith("template-") and not templates:
            continue
        if dry_run:
            gone += [] if leases.holders(path) else [path]
        elif lease := leases.attempt(path, exclusive=True):
            lease.retire()
            gone.append(path)
    if told := [path for path in gone if path.name.startswith(TOLD)]:
        yield Item("leases", _many(told), 0, "nobody holds them")


def _goes(rest: Rest, key: str, paths: Iterable[Path]) -> bool:
    """Stop a server that nobody uses, and remove what is its own; return False where somebody uses it."""
    path = lease_path(rest.home, f"server-{key}")
    if rest.dry_run:
        return not leases.holders(path)
    if not keeper.stop(rest.home, key) or (lease := ours.won(path)) is None:
        return False
    with lease:
        if any(server.key == key for server in look(rest.home)):  # somebody started it in between
            return False
        _discard(paths)
        lease.retire()
    return True


def _is_in_use(folder: Path) -> bool:
    """Tell whether a process works in a folder, or was told its path; where that can't be seen, it may be so."""
    processes = Path("/proc")
    if not (processes / "self").exists():
        return True
    for process in processes.glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(folder) in (process / "cmdline").read_bytes():
                return True
        with suppress(OSError):
            if folder in ((process / "cwd").readlink() / "_").parents:
                return True
    return False


def _many(paths: Sequence[Path]) -> str:
    return f"{len(paths)} file{'' if len(paths) == 1 else 's'}"


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _key(path: Path) -> str:
    """Return the key of the server that a file is about: keys have no dots."""
    return path.name.partition(".")[0]


def _is_old(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > OLD
    return False


def _sum(paths: Iterable[Path]) -> int:
    return sum((size_of(path) or 0) if path.is_dir() else path.lstat().st_size for path in paths if path.exists())


def _discard(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
