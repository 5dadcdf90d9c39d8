"""Find the bundles that were named, and read each of them, whatever state it is in."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import IncompleteError, JunctureError
from juncture.merging import coverage
from juncture.merging.values import Arrived, Problem
from juncture.recording.bundle import COVERAGE_SETTINGS, MANIFEST, PLAN, damage, events_of, holds_journals, manifest_of
from juncture.recording.manifest import Manifest
from juncture.recording.outcomes import read_run
from juncture.recording.packing import SUFFIX, unpack
from juncture.recording.soundness import misfit
from juncture.sharding import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from juncture.recording.journal import Event
    from juncture.recording.outcomes import RunRecord
    from juncture.sharding import Plan

__all__ = ["Plans", "arrive", "find", "folders_of"]

_SENSELESS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading raises for events that are JSON, and not what a journal holds."""


def find(named: Iterable[Path]) -> list[Path]:
    """Return the bundles that paths name, folders and packed ones, each once.

    A path is a bundle, a pattern that no shell has expanded, or a folder of bundles, such as a download of all
    artifacts makes it. What is none of them is returned as it is: that nothing is there is for the proof to say.
    """
    found: dict[Path, None] = {}
    for path in named:
        pattern = glob.has_magic(str(path)) and not path.exists()
        matching = sorted(glob.glob(str(path))) if pattern else []  # noqa: PTH207 - Path.glob takes no absolute pattern
        for each in matching or [str(path)]:
            found.update(dict.fromkeys(_inside(Path(each))))
    return list(found)


def _inside(path: Path) -> Iterator[Path]:
    """Yield the bundles in a folder of them, else the path itself."""
    below = [] if _is_bundle(path) or not path.is_dir() else sorted(each for each in path.iterdir() if _is_bundle(each))
    yield from below or [path]


def _is_bundle(path: Path) -> bool:
    if path.is_dir():
        return (path / MANIFEST).exists() or holds_journals(path)
    return path.suffix == SUFFIX and path.is_file()


def folders_of(bundles: Sequence[Path], scratch: Path) -> Iterator[tuple[str, Path | Problem]]:
    """Yield each bundle's name and its folder, unpacked below ``scratch`` where it is one file, or what is wrong."""
    for number, path in enumerate(bundles):
        if path.is_dir() or path.suffix != SUFFIX:
            yield path.name, path
            continue
        folder = scratch / str(number)
        try:
            unpack(path, folder)
        except IncompleteError as error:
            yield path.name, Problem(code="bundle-damaged", text=f"{path.name}: {error.what}")
        else:
            yield path.stem, folder


def arrive(name: str, folder: Path, plans: Plans) -> Arrived | Problem:
    """Read one bundle, or say why nothing in it tells what it is of."""
    journals = _read_journals(folder)
    unsealed, damaged = "", []
    try:
        manifest = manifest_of(folder)
        damaged = damage(folder, manifest)
    except IncompleteError as error:
        unsealed = error.what
        if journals.unreadable:
            return Problem(code="bundle-damaged", text=f"{name}: {journals.unreadable}")
        if journals.opened is None:
            what = "it holds no journal" if folder.is_dir() else "there is no such bundle"
            return Problem(code="nothing-recorded", text=f"{name}: {what}")
        manifest = journals.opened
    return Arrived(
        name=name,
        folder=folder,
        manifest=manifest,
        unsealed=unsealed,
        damage=(*damaged, *filter(None, [journals.unreadable])),
        plan=plans.read(folder / PLAN),
        record=journals.record,
        measured=coverage.processes(folder / "coverage") if (folder / COVERAGE_SETTINGS).exists() else None,
        exit=journals.exit,
    )


class Plans:
    """Reads the plans of bundles. They are nearly always one and the same, so that each text is understood once."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[bytes, Plan | None] = {}

    def read(self, path: Path) -> Plan | None:
        """Return a bundle's plan; what can't be read proves nothing, and its absence is what the proof names."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest = hashlib.sha256(content).digest()
        if digest not in self._known:
            try:
                self._known[digest] = from_json(content.decode(), where=str(path))
            except (JunctureError, UnicodeDecodeError):
                self._known[digest] = None
        return self._known[digest]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Journals:
    """What the journals of a bundle say; ``unreadable`` is why they say nothing."""

    record: RunRecord
    opened: Manifest | None = None
    exit: int | None = None
    unreadable: str = ""


def _read_journals(folder: Path) -> _Journals:
    """Read the journals of a bundle; what no process of ours has written makes all of them unreadable."""
    try:
        events = events_of(folder)
        if wrong := next(filter(None, map(misfit, events)), ""):
            return _Journals(record=read_run([]), unreadable=f"its journals make no sense: {wrong}")
        opened = next((journal[0] for journal in events if journal), None)
        return _Journals(
            record=read_run(events), opened=None if opened is None else _manifest_from(opened), exit=_exit_of(events)
        )
    except IncompleteError as error:
        unreadable = f"{Path(error.where).name}: {error.what}"
    except OSError as error:
        unreadable = f"a journal can't be read: {error.strerror}"
    except _SENSELESS as error:
        unreadable = f"its journals make no sense: {type(error).__name__}: {error}"
    return _Journals(record=read_run([]), unreadable=unreadable)


def _manifest_from(opened: Mapping[str, object]) -> Manifest:
    """Return what the first event of a journal says its bundle is of."""
    shard, total, attempt = (int(str(opened.get(name, 1))) for name in ("shard", "total", "attempt"))
    return Manifest(
        suite=str(opened.get("suite", "")),
        shard=shard,
        total=total,
        attempt=attempt,
        run=str(opened.get("run", "")),
        rerun=str(opened.get("rerun", "")),
        pytest=str(opened.get("pytest", "")),
    )


def _exit_of(events: Iterable[Sequence[Event]]) -> int | None:
    """Return the exit status of the process that no other one controls; of several runs that of one that failed."""
    found = [
        int(journal[-1]["exit"])
        for journal in events
        if journal and journal[0].get("role") != "worker" and journal[-1]["event"] == "closed"
    ]
    return next(filter(None, found), found[0] if found else None)
