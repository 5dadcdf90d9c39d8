"""Bundles: the folder of what one shard recorded, sealed with a manifest when its job came to an end.

Every name in it is legal as an artifact on GitHub and GitLab, and none begins with a dot: upload actions drop hidden
files. The manifest is written last, whole, by a rename; a folder without one is of a job that did not end.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from juncture import __version__
from juncture.errors import IncompleteError
from juncture.recording.journal import Event, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["MANIFEST", "PLAN", "Manifest", "damage", "events_of", "manifest_of", "seal"]

VERSION = 1
MANIFEST, PLAN = "manifest.json", "plan.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle is of. ``shard`` counts from 1; ``files`` maps each file's name to its SHA-256 in hex.

    ``plan`` is the plan's digest and ``commit`` the checkout's; each is empty where it is not known.
    """

    suite: str
    shard: int
    total: int
    attempt: int
    plan: str
    commit: str
    run: str
    juncture: str
    pytest: str
    python: str
    platform: str
    files: Mapping[str, str]


def seal(folder: Path, environ: Mapping[str, str]) -> Manifest:
    """Write the manifest of a bundle whose processes have ended, and return it.

    Raise `IncompleteError` where the folder holds no journal to take the facts from.
    """
    (folder / MANIFEST).unlink(missing_ok=True)
    opened = _opened(folder)
    manifest = Manifest(
        suite=str(opened.get("suite", "")),
        shard=int(opened.get("shard", 1)),
        total=int(opened.get("total", 1)),
        attempt=int(opened.get("attempt", 1)),
        plan=_plan_digest(folder),
        commit=_commit(folder, environ),
        run=str(opened.get("run", "")),
        juncture=__version__,
        pytest=str(opened.get("pytest", "")),
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        files=_checksums(folder),
    )
    unfinished = folder / "manifest.new"
    unfinished.write_text(json.dumps({"version": VERSION, **asdict(manifest)}, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / MANIFEST)
    return manifest


def manifest_of(folder: Path) -> Manifest:
    """Read a bundle's manifest. Raise `IncompleteError` where it is missing, torn, or of another version."""
    path = folder / MANIFEST
    try:
        fields: dict[str, Any] = json.loads(path.read_bytes())
        version = fields.pop("version")
        if version == VERSION:
            return Manifest(**fields)
    except FileNotFoundError:
        raise IncompleteError(
            "it was never sealed: its job ended early",
            where=str(folder),
            hint="re-run that job; `juncture seal` is its last step",
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IncompleteError(f"it is not a manifest: {error}", where=str(path)) from None
    raise IncompleteError(f"written in version {version}, this juncture reads {VERSION}", where=str(path))


def damage(folder: Path, manifest: Manifest) -> list[str]:
    """Return what differs from the manifest, a line a file: missing, added or changed since the seal."""
    actual = _checksums(folder)
    lines = [f"{name} is missing" for name in manifest.files if name not in actual]
    lines += [f"{name} was added" for name in actual if name not in manifest.files]
    lines += [f"{name} was changed" for name, sum_ in manifest.files.items() if actual.get(name, sum_) != sum_]
    return sorted(lines)


def events_of(folder: Path) -> list[list[Event]]:
    """Return the events of each journal in a bundle, journal by journal in the order of their names."""
    return [read(path) for path in sorted(folder.glob("journal-*.jsonl"))]


def _opened(folder: Path) -> Event:
    for path in sorted(folder.glob("journal-*.jsonl")):
        if events := read(path):
            return events[0]
    raise IncompleteError("it holds no journal", where=str(folder), hint="did pytest start at all in that job?")


def _plan_digest(folder: Path) -> str:
    try:
        return str(json.loads((folder / PLAN).read_bytes())["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _checksums(folder: Path) -> dict[str, str]:
    sums = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name != MANIFEST and path.is_file():
            with path.open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _commit(folder: Path, environ: Mapping[str, str]) -> str:
    """Return the commit as the CI platform names it, else as git does."""
    for name in ("JUNCTURE_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA"):
        if environ.get(name):
            return environ[name]
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
