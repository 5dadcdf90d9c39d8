"""The task ``doctor``: what this machine has and lacks for the project's tests."""

from __future__ import annotations

import json
import shutil
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import JunctureError, ProviderError, UsageError
from juncture.tasks._common import ROOT_HELP, command, environment, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from juncture.provisioning.doctor import Finding, Level

__all__ = ["doctor", "doctor_json", "doctor_screen"]

WIDEST = 120
LEVEL = len("problem")


@command(help={"json": "print JSON, for other programs", "root": ROOT_HELP})
def doctor(_context: Any, json: bool = False, root: str = "") -> None:  # noqa: FBT001, FBT002 - Invoke's flag
    """Say what this machine has and lacks for the tests.

    Nothing is started. Each line is ok, a note (slower, or different from what is declared) or a problem; below what is
    not ok stands its fix. With a problem the exit code is 11.

    Examples:
        juncture doctor
        juncture doctor --json

    """
    from juncture.provisioning.doctor import findings  # noqa: PLC0415
    from juncture.provisioning.examine import examine  # noqa: PLC0415

    if root and not Path(root).is_dir():
        raise UsageError(f"there is no folder {root}", where="--root")
    found = findings(examine(Path(root) if root else None, environ=environment(), cov_in=_cov_in))
    say([doctor_json(found)] if json else doctor_screen(found, width=min(shutil.get_terminal_size().columns, WIDEST)))
    if count(found, "problem"):
        raise Exit(code=ProviderError.exit_code)


def _cov_in(root: Path) -> str:
    from juncture.sessions._coverage import addopts_with_cov  # noqa: PLC0415

    try:
        return addopts_with_cov(root, environment())
    except JunctureError:  # a file of pytest's that can't be read is pytest's to tell
        return ""


def doctor_screen(found: Sequence[Finding], *, width: int) -> list[str]:
    """Return one line per finding, wrapped, with its fix below it, and what all of them come to."""
    topics = max((len(finding.topic) for finding in found), default=0)
    lines = [line for finding in found for line in _lines(finding, topics, width)]
    return [*lines, "", _verdict(found)]


def doctor_json(found: Sequence[Finding]) -> str:
    """Return the findings as one JSON object."""
    counts = {f"{level}s": count(found, level) for level in ("problem", "note")}
    return json.dumps({"version": 1, **counts, "findings": [asdict(finding) for finding in found]}, indent=2)


def count(found: Sequence[Finding], level: Level) -> int:
    """Return how many findings are of that level."""
    return sum(finding.level == level for finding in found)


def _lines(finding: Finding, topics: int, width: int) -> Iterator[str]:
    lead = f"{finding.level:<{LEVEL}}  {finding.topic:<{topics}}  "
    for text in (*finding.text.splitlines(), *([f"fix: {finding.fix}"] if finding.fix else [])):
        for line in textwrap.wrap(text, max(width - len(lead), 30), break_long_words=False, break_on_hyphens=False):
            yield f"{lead}{line}".rstrip()
            lead = " " * len(lead)


def _verdict(found: Sequence[Finding]) -> str:
    counts = {"problem": count(found, "problem"), "note": count(found, "note")}
    words = [f"{number} {word}{'' if number == 1 else 's'}" for word, number in counts.items() if number]
    return ", ".join(words) or "nothing to mend"
