"""Where one session leaves its results: ``<reports>/<suite>``, and in it the bundle that the run fills."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Results"]

MARKER = "juncture-bundle.txt"
MARKED = "Made by juncture and emptied at the start of each run.\n"


@dataclass(frozen=True, slots=True)
class Results:
    """The folder of one session's results, as an absolute path."""

    folder: Path

    @property
    def bundle(self) -> Path:
        """The run's own folder: journals, coverage data, logs."""
        return self.folder / "bundle"

    @property
    def junit(self) -> Path:
        """Pytest's own JUnit file."""
        return self.folder / "junit.xml"

    @property
    def rcfile(self) -> Path:
        """The configuration file that coverage runs with."""
        return self.bundle / "coverage.ini"

    def start_afresh(self) -> None:
        """Empty the bundle, and drop the last run's verdict.

        Raises ``UsageError`` where the bundle's place is taken by something that juncture did not make.
        """
        if self.bundle.is_symlink() or (self.bundle.exists() and not self._is_ours()):
            raise UsageError(
                "juncture did not make this folder and will not empty it",
                where=str(self.bundle),
                hint="move it away, or set another folder with `reports` under [tool.juncture]",
            )
        shutil.rmtree(self.bundle, ignore_errors=True)
        self.junit.unlink(missing_ok=True)
        (self.bundle / "coverage").mkdir(parents=True)
        (self.bundle / MARKER).write_text(MARKED, encoding="utf-8")

    def _is_ours(self) -> bool:
        return (self.bundle / MARKER).is_file() or (self.bundle.is_dir() and not any(self.bundle.iterdir()))
