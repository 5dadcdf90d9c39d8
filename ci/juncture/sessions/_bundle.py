"""The folder that one run of a session fills."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.recording.bundle import holds_journals

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Bundle", "make_folder"]

MARKER = "juncture-bundle.txt"
MARKED = "Made by juncture and emptied at the start of each run.\n"


@dataclass(frozen=True, slots=True)
class Bundle:
    """One run's own folder, by its absolute path: journals, coverage data, logs."""

    folder: Path

    @property
    def rcfile(self) -> Path:
        """The configuration file that coverage runs with."""
        return self.folder / "coverage.ini"

    def start_afresh(self) -> None:
        """Empty the folder, or make it.

        Raise `UsageError` where its place is taken by something that juncture did not make, or it can't be made.
        """
        self.remove()
        make_folder(self.folder, new=True)
        make_folder(self.folder / "coverage")
        (self.folder / MARKER).write_text(MARKED, encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder, if it is ours; `UsageError` otherwise."""
        if self.folder.is_symlink() or (self.folder.exists() and not self._is_ours()):
            raise UsageError(
                "juncture did not make this folder and will not empty it",
                where=str(self.folder),
                hint="move it away, or set another folder with `reports` under [tool.juncture]",
            )
        shutil.rmtree(self.folder, ignore_errors=True)

    def holds_journals(self) -> bool:
        """Tell whether a process began to record."""
        return holds_journals(self.folder)

    def _is_ours(self) -> bool:
        return (self.folder / MARKER).is_file() or (self.folder.is_dir() and not any(self.folder.iterdir()))


def make_folder(folder: Path, *, new: bool = False) -> None:
    """Make a folder below that of the reports, where it is not there, or may not be; `UsageError` where it can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=not new)
    except OSError as error:
        raise UsageError(
            f"it can't be made: {error.strerror}",
            where=str(folder),
            hint="set another folder with `reports` under [tool.juncture]",
        ) from None
