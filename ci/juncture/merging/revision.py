"""Ask Git which lines differ from a base revision."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from juncture.merging.changes import Changes, changed_lines

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["changes_since"]

DIFF = (
    *("diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--ignore-submodules"),
    *("--relative", "--src-prefix=a/", "--dst-prefix=b/"),
)
"""What makes the output the same whatever the user's Git is configured to; names count from the folder it runs in."""

SHALLOW = "fetch the history too: fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab"


def changes_since(base: str, root: Path) -> Changes:
    """Return the lines below ``root`` that differ from where its history left ``base``.

    Compared is what lies there now, as that is what was measured; in a CI job it is the commit. An empty ``base`` is a
    problem, and so is one that Git can't find.
    """
    if not base:
        return Changes(problem="there is no base revision to compare with")
    try:
        left = _git(root, "merge-base", "--end-of-options", base, "HEAD").strip()
        diff = _git(root, *DIFF, left, "--", ".")
    except FileNotFoundError:
        return Changes(base=base, problem="git is not installed")
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
        return Changes(base=base, problem=f"git can't compare with {base}: {told or 'no common history'}; {SHALLOW}")
    return Changes(base=base, lines=changed_lines(diff))


def _git(root: Path, *words: str) -> str:
    # Names as they are, and no lock taken only to remember what was looked at.
    command = ["git", "-c", "core.quotePath=false", "--no-optional-locks", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")
