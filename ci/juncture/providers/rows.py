"""Rows of things that each belong to one process at a time: servers of a list, or the databases of one server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from juncture.host import leases
from juncture.host.folders import lease_path, private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["forget", "free", "keep", "known"]


def free(home: Path, key: str, numbers: Iterable[int], lease: Callable[[int], str]) -> tuple[int, leases.Lease] | None:
    """Return the first number that nobody uses or keeps, and the exclusive lease on it; None where there is none.

    ``lease`` returns the name of a number's lease.
    """
    for number in numbers:
        held = leases.attempt(lease_path(home, lease(number)), exclusive=True)
        if held is None:
            continue
        if number not in _kept(home, key).values():  # looked up last: who keeps one holds its lease while he says so
            return number, held
        held.release()
    return None


def keep(home: Path, key: str, name: str, numbers: Iterable[int], lease: Callable[[int], str]) -> int | None:
    """Return the number that belongs to ``name`` while the home stays, whoever uses it; None where none is left.

    A new one is the first of ``numbers`` that nobody uses or keeps.
    """
    with leases.hold(lease_path(home, "slots"), exclusive=True, timeout=30, purpose="choose a namespace"):
        given = _kept(home, key)
        if name not in given:
            found = free(home, key, numbers, lease)
            if found is None:
                return None
            given[name], held = found
            _write(home, key, given)
            held.release()
        return given[name]


def known(home: Path, key: str, name: str) -> bool:
    """Tell whether a number belongs to ``name`` already."""
    return name in _kept(home, key)


def forget(home: Path, key: str, name: str) -> None:
    """Have no number belong to ``name`` any more."""
    with leases.hold(lease_path(home, "slots"), exclusive=True, timeout=30, purpose="give a namespace back"):
        given = _kept(home, key)
        given.pop(name, None)
        _write(home, key, given)


def _kept(home: Path, key: str) -> dict[str, int]:
    path = _path(home, key)
    kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return kept


def _write(home: Path, key: str, given: dict[str, int]) -> None:
    path = _path(home, key)
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(given, indent=2))
    unfinished.replace(path)


def _path(home: Path, key: str) -> Path:
    return private_folder(home, "run", "slots") / f"{key}.json"
