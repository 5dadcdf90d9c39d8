"""What was measured, as values; ``coverage.json`` is the same on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FileLines", "Measured", "as_document", "share"]

VERSION = 1
"""The version of ``coverage.json``; its ``totals`` and ``summary`` have the names that coverage's own report uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """One file: the first lines of its statements that ran and that did not, sorted, and how many branches it has."""

    executed: tuple[int, ...]
    missing: tuple[int, ...]
    branches: int = 0
    taken: int = 0

    @property
    def percent(self) -> float:
        """Return the covered share, as coverage counts it: statements and branches alike."""
        return share(len(self.executed) + self.taken, len(self.executed) + len(self.missing) + self.branches)


@dataclass(frozen=True, slots=True)
class Measured:
    """The combined measure: the covered share in percent, from how many data files, and where their data is.

    ``percent`` is None where there was no statement to cover, or nothing could be combined. ``lines`` has the files
    that were reported, relative to the root in POSIX form. ``refused`` names, each in a sentence, the data files that
    could not be used and the measured files that could not be reported: with any of them the measure is too low.
    ``notes`` tell what else a reader has to know. ``demanded`` is the least total that coverage's own settings demand
    (``fail_under``, 0 is none), and ``precision`` the decimals that they compare it by.
    """

    percent: float | None
    files: int
    data: Path
    lines: Mapping[str, FileLines] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    demanded: float = 0.0
    precision: int = 0


def share(part: int, whole: int) -> float:
    """Return the part in percent of the whole; nothing of nothing is everything.

    The part is multiplied first: 57 of 100 are 57.0 then, and not a little less.
    """
    return 100 * part / whole if whole else 100.0


def as_document(lines: Mapping[str, FileLines]) -> dict[str, Any]:
    """Return the content of ``coverage.json``: the totals, and each file's lines without contexts."""
    return {
        "version": VERSION,
        "totals": _summary(lines.values()),
        "files": {
            name: {
                "summary": _summary([file]),
                "executed_lines": list(file.executed),
                "missing_lines": list(file.missing),
            }
            for name, file in sorted(lines.items())
        },
    }


def _summary(files: Any) -> dict[str, Any]:
    """Return the counts of some files together."""
    found = list(files)
    executed, missing = sum(len(file.executed) for file in found), sum(len(file.missing) for file in found)
    branches, taken = sum(file.branches for file in found), sum(file.taken for file in found)
    return {
        "covered_lines": executed,
        "missing_lines": missing,
        "num_statements": executed + missing,
        "num_branches": branches,
        "covered_branches": taken,
        "percent_covered": share(executed + taken, executed + missing + branches),
    }
