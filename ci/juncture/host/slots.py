"""Slots: the numbered namespaces of a server that many processes share; a lease makes one of them a process's own."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from juncture.errors import LeaseError
from juncture.host import leases
from juncture.host.folders import lease_path, private_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["KEPT", "forget", "free", "given", "held", "kept", "take"]

KEPT = 64
"""Slots at a server's upper end that are given to names, for as long as the home folder stays."""


def free(home: Path, key: str, count: int) -> tuple[int, leases.Lease]:
    """Return the lowest slot that nobody uses, from 0 to below ``count``, and the exclusive lease on it."""
    for number in range(count):
        if lease := take(home, key, number):
            return number, lease
    raise LeaseError(f"all {count} namespaces of {key} are in use", hint="end the other runs")


def take(home: Path, key: str, number: int) -> leases.Lease | None:
    """Return the exclusive lease on one slot; None where somebody else uses it."""
    return leases.attempt(lease_path(home, f"slot-{key}-{number}"), exclusive=True)


def kept(home: Path, key: str, name: str, count: int) -> int:
    """Return the slot that belongs to ``name``, which may be used by several processes at once.

    It is one of the uppermost `KEPT` of ``count``; what gave it away is written down.
    """
    path = private_folder(home, "run", "slots") / f"{key}.json"
    with leases.hold(lease_path(home, "slots"), exclusive=True, timeout=30, purpose="choose a namespace"):
        given: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if name in given:
            os.utime(path)  # it is of use: what was not for a while is pruned
            return given[name]
        unused = set(range(count - KEPT, count)) - set(given.values())
        if not unused:
            raise LeaseError(
                f"all {KEPT} kept namespaces of {key} are given away",
                where=str(path),
                hint="`juncture services.prune` frees those of checkouts that are gone",
            )
        given[name] = max(unused)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(given, indent=2))
        unfinished.replace(path)
        return given[name]


def given(home: Path, key: str) -> dict[str, int]:
    """Return the kept slots of a server, by the names they were given to."""
    try:
        found: dict[str, int] = json.loads((home / "run" / "slots" / f"{key}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def forget(home: Path, key: str, names: frozenset[str]) -> None:
    """Take kept slots back from names that nobody has any more; whoever calls has emptied them."""
    path = private_folder(home, "run", "slots") / f"{key}.json"
    with leases.hold(lease_path(home, "slots"), exclusive=True, timeout=30, purpose="free namespaces"):
        left = {name: number for name, number in given(home, key).items() if name not in names}
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(left, indent=2))
        unfinished.replace(path)


def held(home: Path, key: str) -> int:
    """Return how many slots of a server are leased now; for people to read, never to decide by."""
    found = (home / "leases").glob(f"slot-{key}-*")
    mine = (path for path in found if path.name.removeprefix(f"slot-{key}-").isdigit())
    return sum(1 for path in mine if leases.holders(path))
