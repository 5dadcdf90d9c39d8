"""The totals of other tools' JUnit files, without merging them: one line of a summary."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.merging.foreign.read import read_files

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ForeignTotals", "read_totals"]

_NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTotals:
    """What other tools' tests came to.

    ``failed_names`` are the first that failed, at most 50. ``problems`` are inputs that are missing or no JUnit, as
    ``file:line:column: reason``: a result with any is incomplete, whatever the figures say.
    """

    files: int
    tests: int
    failures: int
    errors: int
    skipped: int
    flaky: int
    seconds: float
    failed_names: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Tell whether a test failed, or met an error."""
        return self.failures + self.errors > 0


def read_totals(names: Iterable[str | Path]) -> ForeignTotals:
    """Count the tests in the files that ``names`` stand for: files, folders, patterns. Nothing is written."""
    with tempfile.TemporaryDirectory(prefix="juncture-junit-") as folder:
        readings = read_files([str(name) for name in names], Path(folder))
    counts = readings.counts
    failed = [name for file in readings.files for name in (*file.scan.failed, *_claims(file.scan.claims))]
    return ForeignTotals(
        files=len(readings.files),
        tests=counts.tests,
        failures=counts.failures,
        errors=counts.errors,
        skipped=counts.skipped,
        flaky=counts.flaky,
        seconds=counts.seconds,
        failed_names=tuple(failed[:_NAMED]),
        problems=tuple(map(str, readings.refused)),
    )


def _claims(suites: Iterable[str]) -> list[str]:
    return [f"{suite} (says so itself, and shows no test that failed)" for suite in suites]
