"""Bundles: the folder of what one shard recorded, sealed with a manifest when its job came to an end.

Every name in it is legal as an artifact on GitHub and GitLab, and none begins with a dot: upload actions drop hidden
files. The manifest is written last, whole, by a rename; a folder without one is of a job that did not end.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import subprocess
from typing import TYPE_CHECKING

from juncture import __version__
from juncture.errors import IncompleteError, UsageError
from juncture.host.files import replace_text
from juncture.recording import manifest as form
from juncture.recording.commit import commit_named
from juncture.recording.journal import Event, read
from juncture.recording.manifest import Manifest
from juncture.recording.soundness import misfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["COVERAGE_SETTINGS", "MANIFEST", "PLAN", "damage", "events_of", "holds_journals", "manifest_of", "seal"]

MANIFEST, PLAN, COVERAGE_SETTINGS = "manifest.json", "plan.json", "coverage.ini"


def seal(folder: Path, environ: Mapping[str, str]) -> Manifest:
    """Write the manifest of a bundle whose processes have ended, and return it.

    Its commit is the one that the job named when pytest began, not one that somebody seals it in later.
    Raise `IncompleteError` where the folder holds no journal to take the facts from, and `UsageError` where it can't be
    read or written.
    """
    if not folder.is_dir():
        raise IncompleteError("there is no such folder", where=str(folder), hint="did pytest start at all in that job?")
    try:
        return _seal(folder, environ)
    except OSError as error:
        raise UsageError(
            f"it can't be sealed: {error.strerror}",
            where=str(folder),
            hint="seal it as the user that ran the tests, where there is room on the disk",
        ) from None


def _seal(folder: Path, environ: Mapping[str, str]) -> Manifest:
    (folder / MANIFEST).unlink(missing_ok=True)
    opened = _opened(folder)
    plan = _plan(folder)
    manifest = Manifest(
        suite=str(opened.get("suite", "")),
        shard=int(opened.get("shard", 1)),
        total=int(opened.get("total", 1)),
        attempt=int(opened.get("attempt", 1)),
        plan=str(plan.get("digest", "")),
        history=str(plan.get("history", "")),
        commit=str(opened.get("commit", "")) or _commit(folder, environ),
        run=str(opened.get("run", "")),
        rerun=str(opened.get("rerun", "")),
        juncture=__version__,
        pytest=str(opened.get("pytest", "")),
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        files=_checksums(folder),
    )
    replace_text(folder / MANIFEST, form.to_json(manifest))
    return manifest


def manifest_of(folder: Path) -> Manifest:
    """Read a bundle's manifest. Raise `IncompleteError` where it is missing, torn, changed, or of another version."""
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise IncompleteError(
            "it was never sealed: its job ended early",
            where=str(folder),
            hint="re-run that job; `juncture seal` is its last step",
        ) from None
    except OSError as error:
        raise IncompleteError(f"it can't be read: {error.strerror}", where=str(path)) from None
    return form.from_json(text, where=str(path))


def damage(folder: Path, manifest: Manifest) -> list[str]:
    """Return what differs from the manifest, a line a file: missing, added or changed since the seal."""
    actual = _checksums(folder)
    lines = [f"{name} is missing" for name in manifest.files if name not in actual]
    lines += [f"{name} was added" for name in actual if name not in manifest.files]
    lines += [f"{name} was changed" for name, sum_ in manifest.files.items() if actual.get(name, sum_) != sum_]
    return sorted(lines)


def events_of(folder: Path) -> list[list[Event]]:
    """Return the events of each journal in a bundle, journal by journal in the order of their names."""
    return [read(path) for path in _journals(folder)]


def holds_journals(folder: Path) -> bool:
    """Tell whether a process began to record in a folder."""
    return bool(_journals(folder))


def _journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("journal-*.jsonl"))


def _opened(folder: Path) -> Event:
    for path in _journals(folder):
        if events := read(path):
            if wrong := misfit(events[:1]):
                raise IncompleteError(f"it makes no sense: {wrong}", where=str(path))
            return events[0]
    raise IncompleteError("it holds no journal", where=str(folder), hint="did pytest start at all in that job?")


def _plan(folder: Path) -> Mapping[str, object]:
    try:
        plan = json.loads((folder / PLAN).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return plan if isinstance(plan, dict) else {}


def _checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a bundle; what is no file that can be read has the sum of none."""
    sums = {}
    for name, path in _files(folder):
        sums[name] = "unreadable"
        if path.is_file() and not path.is_symlink():
            with contextlib.suppress(OSError), path.open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and path of everything in a bundle but folders and the manifest, sorted."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name != MANIFEST and (path.is_symlink() or not path.is_dir()):
            yield name, path


def _commit(folder: Path, environ: Mapping[str, str]) -> str:
    """Return the commit as the CI platform names it, else as git does."""
    if named := commit_named(environ):
        return named
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=folder,
            env={**environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == os.EX_OK else ""
