"""The context of a build: the files of a folder that its ``.dockerignore`` leaves, their hash, and their archive.

The Docker SDK can do all of it but the hash, and costs 82 ms at import: too much for finding out that nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tarfile
from dataclasses import dataclass
from functools import cache
from typing import IO, TYPE_CHECKING

from juncture.host.folders import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ALWAYS", "Ignored", "archive", "digest", "files_in"]

ALWAYS = frozenset({"Dockerfile", ".dockerignore"})
"""What the engine itself needs, even where it is ignored."""

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ignored:
    """The patterns of a ``.dockerignore``, in order, each with whether it takes something back.

    Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
    """

    patterns: tuple[tuple[tuple[str, ...], bool], ...]

    @classmethod
    def parse(cls, text: str) -> Ignored:
        """Read the file's text."""
        patterns = []
        for line in text.removeprefix("\ufeff").splitlines():
            pattern = line.strip() if not line.startswith("#") else ""
            back = pattern.startswith("!")
            words = tuple(word for word in pattern.removeprefix("!").strip().split("/") if word not in {"", "."})
            if words:
                patterns.append((words, back))
        return cls(tuple(patterns))

    def leaves_out(self, path: str) -> bool:
        """Tell whether a path relative to the folder, with ``/`` between its parts, is not part of the context."""
        words = tuple(path.split("/"))
        ignored = False
        for pattern, back in self.patterns:
            if back == ignored and any(_matches(pattern, words[:end]) for end in range(1, len(words) + 1)):
                ignored = not back
        return ignored

    def may_leave_in(self, folder: str) -> bool:
        """Tell whether something in a folder that is left out may be taken back."""
        words = tuple(folder.split("/"))
        return any(back and _leads_to(pattern, words) for pattern, back in self.patterns)


def files_in(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what of a folder belongs to the context, folders included, in the order of the relative paths."""
    try:
        ignored = Ignored.parse((folder / ".dockerignore").read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        ignored = Ignored(())
    yield from _below(folder, "", ignored)


def digest(folder: Path, home: Path) -> str:
    """Return the hash of a context: its paths, modes and contents, but no times and no owners.

    The contents are read again only where a size, a time or the inode of something changed.
    """
    found = list(files_in(folder))
    looks = hashlib.sha256()
    for path, status in found:
        facts = [path, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        # A folder's own times and size change with what is ignored in it.
        looks.update(json.dumps(facts[:2] if stat.S_ISDIR(status.st_mode) else facts).encode() + b"\n")
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    note = private_folder(home, "run", "contexts") / name
    known = note.read_text().split() if note.exists() else []
    if len(known) == 2 and known[0] == looks.hexdigest():  # noqa: PLR2004 - how it looks, and its hash
        return known[1]
    content = _hash(folder, found)
    unfinished = note.with_suffix(f".{os.getpid()}")
    unfinished.write_text(f"{looks.hexdigest()} {content}")
    unfinished.replace(note)
    return content


def archive(folder: Path, file: IO[bytes]) -> None:
    """Write the context as a tar archive, whose files belong to root."""
    with tarfile.open(fileobj=file, mode="w") as written:
        for path, status in files_in(folder):
            entry = written.gettarinfo(folder / path, path)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mode = stat.S_IMODE(status.st_mode)
            if entry.isreg():
                with (folder / path).open("rb") as source:
                    written.addfile(entry, source)
            else:
                written.addfile(entry)


def _below(folder: Path, prefix: str, ignored: Ignored) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder / prefix) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        path = prefix + entry.name
        left_out = path not in ALWAYS and ignored.leaves_out(path)
        is_folder = entry.is_dir(follow_symlinks=False)
        status = entry.stat(follow_symlinks=False)
        if not left_out and (is_folder or entry.is_symlink() or stat.S_ISREG(status.st_mode)):
            yield path, status
        if is_folder and (not left_out or ignored.may_leave_in(path)):
            yield from _below(folder, f"{path}/", ignored)


def _hash(folder: Path, found: list[tuple[str, os.stat_result]]) -> str:
    result = hashlib.sha256()
    for path, status in found:
        one = hashlib.sha256()
        if stat.S_ISLNK(status.st_mode):
            one.update(os.fsencode((folder / path).readlink()))
        elif stat.S_ISREG(status.st_mode):
            with (folder / path).open("rb") as file:
                while chunk := file.read(CHUNK):
                    one.update(chunk)
        result.update(json.dumps([path, status.st_mode, one.hexdigest()]).encode() + b"\n")
    return result.hexdigest()


def _matches(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Tell whether a pattern names exactly this path; ``**`` stands for any number of folders."""
    if not pattern:
        return not words
    if pattern[0] == "**":
        return any(_matches(pattern[1:], words[start:]) for start in range(len(words) + 1))
    return bool(words) and _word_matches(pattern[0], words[0]) and _matches(pattern[1:], words[1:])


def _leads_to(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Tell whether a pattern may name something in the folder of this path."""
    if not pattern or pattern[0] == "**":
        return bool(pattern)
    return not words or (_word_matches(pattern[0], words[0]) and _leads_to(pattern[1:], words[1:]))


def _word_matches(pattern: str, word: str) -> bool:
    return _expression(pattern).fullmatch(word) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    """Translate the pattern of one part of a path, which means what Go's ``filepath.Match`` says."""
    text = re.sub(r"(?:\\\*)+", "[^/]*", re.escape(pattern)).replace(r"\?", "[^/]")
    text = re.sub(r"\\\[(\\\^)?(.+?)\\\]", lambda found: f"[{'^' if found[1] else ''}{_plain(found[2])}]", text)
    return re.compile(text, re.DOTALL)


def _plain(escaped: str) -> str:
    return escaped.replace("\\-", "-").replace("[", "\\[")
