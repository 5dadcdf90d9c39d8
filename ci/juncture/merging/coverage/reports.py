"""Write ``coverage.xml`` and ``coverage.json``.

To find out which lines could have run takes coverage nearly all of a report's time, and it does so anew for each
report. Here it writes the XML alone, in several processes where there is much, and all else is read from that.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from juncture.merging.coverage.cobertura import classes_of, divided, document
from juncture.merging.coverage.measured import FileLines, as_document
from juncture.merging.coverage.parts import at_once, divide

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from juncture.merging.coverage.cobertura import Class

__all__ = ["Reported", "report"]

LIMIT = 10 * 1024 * 1024
"""Bytes of the largest Cobertura file that GitLab takes.

https://docs.gitlab.com/ci/testing/code_coverage/coverage_visualization/; it takes several, by a pattern.
"""

WORTH_A_PROCESS = 40
"""Files to report on; below that the process costs more than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the reports say: each file's lines, what could not be reported, and what a reader has to know."""

    lines: dict[str, FileLines]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def report(data: Path, settings: Path, out: Path, limit: int = LIMIT) -> Reported:
    """Report on a combined data file into ``out``, from the folder that its relative names are of.

    No XML file is larger than ``limit`` bytes, unless one source file alone takes more.
    """
    parts = divide(sorted(_measured_files(data)), WORTH_A_PROCESS)
    drafts = [(out / f"coverage.{os.getpid()}.{index}.xml.new", names) for index, names in enumerate(parts)]
    try:
        told = at_once(partial(_write, data, settings), drafts)
        roots = [ET.parse(draft).getroot() for draft, _ in drafts if draft.exists()]  # noqa: S314 - coverage wrote it
        classes = sorted((each for root in roots for each in classes_of(root)), key=lambda each: each.filename)
        for old in (out / "coverage.xml", *out.glob("coverage-[0-9]*.xml")):
            old.unlink(missing_ok=True)
        notes: list[str] = []
        if len(roots) == 1 and drafts[0][0].stat().st_size <= limit:
            drafts[0][0].replace(out / "coverage.xml")
        elif roots:
            notes = _compose(classes, roots, out, limit)
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
    lines = {each.filename: each.lines for each in classes}
    _publish(out / "coverage.json", json.dumps(as_document(lines), separators=(",", ":")) + "\n")
    return Reported(lines=lines, refused=tuple(line for lines in told for line in lines), notes=tuple(notes))


def _compose(classes: Sequence[Class], roots: Sequence[ET.Element], out: Path, limit: int) -> list[str]:
    """Write one document of all classes, or as many as the limit needs; return what to know of it."""
    like = max(roots, key=lambda root: int(root.get("branches-valid", "0")))
    groups = list(divided(classes, limit))
    for number, group in enumerate(groups, 1):
        _publish(out / (f"coverage-{number}.xml" if number > 1 else "coverage.xml"), document(group, like))
    if len(groups) == 1:
        return []
    size = f"{limit / 1024 / 1024:.0f} MiB"
    return [f"coverage.xml would be over {size}, so it is in {len(groups)} files: give readers coverage*.xml"]


def _measured_files(data: Path) -> set[str]:
    from coverage import CoverageData  # noqa: PLC0415

    found: CoverageData = CoverageData(basename=str(data))
    found.read()
    names = found.measured_files()
    found.close()
    return names


def _write(data: Path, settings: Path, draft: tuple[Path, list[str]]) -> list[str]:
    """Let coverage write the XML of some files; return what it could not report."""
    from coverage import Coverage  # noqa: PLC0415
    from coverage.exceptions import CoverageWarning, NoDataError  # noqa: PLC0415

    path, names = draft
    measure = Coverage(data_file=str(data), config_file=str(settings), messages=False)
    # Names in the report are relative to a `source` where there is one: two could be the same, and none is a path.
    measure.set_option("run:source", [])
    ignored = measure.get_option("report:ignore_errors")
    measure.set_option("report:ignore_errors", True)  # noqa: FBT003 - coverage's own
    measure.set_option("run:disable_warnings", [])
    measure.load()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            measure.xml_report(morfs=names, outfile=str(path))
        except NoDataError:
            path.unlink(missing_ok=True)
        finally:
            measure.get_data().close()
    if ignored:
        return []
    found = [str(each.message) for each in told if issubclass(each.category, CoverageWarning)]
    return [f"measured, but not reported: {_first_line(text)}" for text in found]


def _first_line(text: str) -> str:
    return text.partition("\n")[0].removesuffix(" (couldnt-parse)")


def _publish(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
