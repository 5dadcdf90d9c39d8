"""Combine coverage data files into one, and report on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage import CoverageData

__all__ = ["Measured", "combine", "executed_by", "processes"]


@dataclass(frozen=True, slots=True)
class Measured:
    """The combined measure: covered share in percent, 0.0 to 100.0, from how many data files, and where it is."""

    percent: float
    files: int
    data: Path


def processes(folder: Path) -> frozenset[int]:
    """Return the ids of the processes that left a coverage data file in ``folder``."""
    found = (re.search(r"\.pid(\d+)\.", f"{path.name}.") for path in folder.glob("data.*"))
    return frozenset(int(match[1]) for match in found if match)


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
    return Measured(percent, len(files), data)


def executed_by(measured: Measured, context: str, root: Path) -> dict[str, frozenset[int]]:
    """Return the lines that ran under one static context, by file relative to ``root`` in POSIX form."""
    from coverage import CoverageData  # noqa: PLC0415

    data: CoverageData = CoverageData(basename=str(measured.data))
    data.read()
    data.set_query_context(context)
    return {_relative(name, root): frozenset(data.lines(name) or ()) for name in data.measured_files()}


def _relative(name: str, root: Path) -> str:
    return name.removeprefix(f"{root.as_posix()}/").replace("\\", "/")
