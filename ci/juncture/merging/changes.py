"""Which lines a change touches: the output of ``git diff --unified=0``, read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Changes", "base_of", "changed_lines"]

HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
"""How Git writes control characters in a quoted name; everything else after a backslash stands for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The lines that were added or changed since ``base``, by file relative to the root in POSIX form.

    ``problem`` says in a sentence why nobody can tell; then there are no lines.
    """

    base: str = ""
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    problem: str = ""


def changed_lines(diff: str) -> dict[str, frozenset[int]]:
    """Return the lines that each file of a diff without context has and its base has not.

    Files that only lost lines are left out, and so are removed, renamed and binary ones.
    """
    found: dict[str, set[int]] = {}
    name = ""
    taken = added = 0
    for line in diff.split("\n"):
        # What a hunk announced is content, even where it begins like a header.
        if taken and line.startswith("-"):
            taken -= 1
        elif added and line.startswith("+"):
            added -= 1
        elif line.startswith("+++ "):
            name = _name(line[4:])
        elif (match := HUNK.match(line)) and name:
            taken, added = _count(match[1]), _count(match[3])
            found.setdefault(name, set()).update(range(int(match[2]), int(match[2]) + added))
    return {name: frozenset(lines) for name, lines in found.items() if lines}


def base_of(environ: Mapping[str, str]) -> str:
    """Return the revision that a CI job's change is compared with; empty where its environment tells none.

    In a merge request's pipeline GitLab names the commit, in others the default branch, from which the default branch
    itself does not differ. GitHub names the branch that a pull request goes to.
    """
    if commit := environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        return commit
    branch = environ.get("GITHUB_BASE_REF") or environ.get("CI_DEFAULT_BRANCH")
    return f"origin/{branch}" if branch else ""


def _count(text: str | None) -> int:
    return 1 if text is None else int(text)


def _name(text: str) -> str:
    """Return the name behind ``+++``, without Git's ``b/``; empty for what is gone. A tab ends a name with blanks."""
    name = text.removesuffix("\t")
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        raw = ESCAPE.sub(_unescaped, name[1:-1].encode("utf-8", "surrogateescape"))
        name = raw.decode("utf-8", "surrogateescape")
    return name.removeprefix("b/") if name.startswith("b/") else ""


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 0xFF]) if len(code) > 1 else LETTERS.get(code, code)
