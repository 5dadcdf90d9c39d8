"""The files beside the renderers: where a project is, what is there already, and how it is replaced."""

from __future__ import annotations

import difflib
import os
import posixpath
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from juncture.errors import ConfigError, DriftError, UsageError
from juncture.host.files import replace_text
from juncture.rendering.files import MARK, File, declaration_of
from juncture.rendering.lock import NOTHING, Lock, parse_lock
from juncture.rendering.pipeline import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.config import Config

__all__ = ["LOCK", "check", "differences", "layout_of", "read_lock", "repository_of", "write"]

LOCK = "juncture.lock"
CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
NOWHERE: Mapping[str, str] = MappingProxyType({})
HEAD_LINES = 10


def repository_of(root: Path, environ: Mapping[str, str] = NOWHERE) -> Path:
    """Return the folder of the repository that a project is in: the nearest one upward with ``.git``, else its own.

    Where a CI job has no git, a checkout is without it: the platform's variable tells its folder then.
    """
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            return folder
    named = [Path(environ[name]).resolve() for name in CHECKOUTS if environ.get(name)]
    return next((folder for folder in named if root.is_relative_to(folder)), root)


def layout_of(config: Config, repository: Path) -> Layout:
    """Return where the project, its noxfile and its tests are.

    The noxfile is the project's own, or else that of the repository; one of them need not be there yet.
    """
    project = _relative(config.root, repository)
    own = (config.root / "noxfile.py").is_file() or not (repository / "noxfile.py").is_file()
    return Layout(
        project=project,
        nox=project if own else "",
        unit=any((config.root / folder).is_dir() for folder in config.unit),
        integration=bool(config.services) or any((config.root / folder).is_dir() for folder in config.integration),
    )


def read_lock(root: Path) -> Lock:
    """Return the lock of a project; an empty one where it has none."""
    try:
        text = (root / LOCK).read_text(encoding="utf-8")
    except FileNotFoundError:
        return NOTHING
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't be read: {error}", where=LOCK) from None
    return parse_lock(text, where=LOCK)


def write(files: Sequence[File], repository: Path) -> list[tuple[str, str]]:
    """Bring the files up to date; return the path of each, and what became of it: *written*, *changed*, *unchanged*.

    Raise `UsageError` before anything is written where a path is taken by a file that juncture did not write, or that
    it wrote for another project.
    """
    before = [_text(file, repository) for file in files]
    for file, text in zip(files, before, strict=True):
        _refuse_foreign(file, text)
    told = []
    for file, text in zip(files, before, strict=True):
        if text != file.text:
            path = repository / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(path, file.text)
        told.append((file.path, "written" if text is None else "unchanged" if text == file.text else "changed"))
    return told


def check(files: Iterable[File], repository: Path) -> None:
    """Raise `DriftError` where a file is not what the declaration says; its message names each."""
    drifted = [file.path for file in files if _text(file, repository) != file.text]
    if drifted:
        many = "file is" if len(drifted) == 1 else "files are"
        raise DriftError(
            f"{len(drifted)} {many} not what the declaration says: {', '.join(drifted)}",
            where="ci.render --check",
            hint="`juncture ci.render` writes them anew; what is to stay belongs in [tool.juncture.ci]",
        )


def differences(files: Iterable[File], repository: Path) -> list[str]:
    """Return a unified diff, from what is there to what the declaration says."""
    lines: list[str] = []
    for file in files:
        text = _text(file, repository)
        if text == file.text:
            continue
        there = (text or "").splitlines(keepends=True)
        name = "/dev/null" if text is None else file.path
        made = difflib.unified_diff(there, file.text.splitlines(keepends=True), name, f"{file.path} (as declared)")
        for line in made:
            lines.append(line.rstrip("\r\n") + ("\\r" if line.endswith("\r\n") else ""))
            if not line.endswith("\n"):
                lines.append("\\ No newline at end of file")
    return lines


def _text(file: File, repository: Path) -> str | None:
    """Return what is at a file's path, byte for byte; None where nothing is."""
    try:
        return (repository / file.path).read_bytes().decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=file.path) from None


def _refuse_foreign(file: File, text: str | None) -> None:
    """Raise `UsageError` where what is there is not juncture's, or of another project in the same repository."""
    if text is None:
        return
    if not any(MARK in line for line in text.splitlines()[:HEAD_LINES]):
        raise UsageError(
            "juncture did not write this file, and does not write over it",
            where=file.path,
            hint="move it away; its own jobs can stay in a file of another name, or go to [tool.juncture.ci.jobs]",
        )
    there, ours = declaration_of(text), declaration_of(file.text)
    if there and ours and there != ours:
        raise UsageError(
            f"it is rendered from {there}, and this declaration is {ours}",
            where=file.path,
            hint="one project of a repository has this file: take the platform out of the other one's `platforms`; "
            "where the project has moved, remove the file first",
        )


def _relative(folder: Path, repository: Path) -> str:
    path = os.path.relpath(folder, repository).replace(os.sep, "/")
    return "" if path == posixpath.curdir else path
