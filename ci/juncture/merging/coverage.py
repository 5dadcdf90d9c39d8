"""Combine coverage data files into one, and report on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Measured", "combine", "processes"]


@dataclass(frozen=True, slots=True)
class Measured:
    """The combined measure: covered share in percent, 0.0 to 100.0, and how many processes it is from."""

    percent: float
    files: int


def processes(folder: Path) -> set[int]:
    """Return the ids of the processes that left a coverage data file in ``folder``."""
    found = (re.search(r"\.pid(\d+)\.", f"{path.name}.") for path in folder.glob("data.*"))
    return {int(match[1]) for match in found if match}


def combine(folders: Sequence[Path], out: Path, settings: Path) -> Measured | None:
    """Combine the data files of ``folders`` into ``out``/coverage.data and write coverage.xml; keep the inputs.

    ``settings`` is coverage's configuration file. Return None where no process measured anything.
    """
    from coverage import Coverage  # noqa: PLC0415 - 60 ms that only a merge pays
    from coverage.exceptions import NoDataError  # noqa: PLC0415

    files = sorted(str(path) for folder in folders for path in folder.glob("data.*"))
    if not files:
        return None
    data = out / "coverage.data"
    data.unlink(missing_ok=True)
    measure = Coverage(data_file=str(data), config_file=str(settings), messages=False)
    try:
        measure.combine(files, strict=True, keep=True)
        measure.save()
        percent = measure.xml_report(outfile=str(out / "coverage.xml"))
    except NoDataError:
        return None
    return Measured(percent, len(files))
