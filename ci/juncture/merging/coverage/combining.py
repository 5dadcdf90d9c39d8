"""Combine coverage data files into one, and report on it."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from juncture.merging.coverage.files import damage, data_files, refusal
from juncture.merging.coverage.measured import Measured, share
from juncture.merging.coverage.parts import at_once, divide
from juncture.merging.coverage.paths import elsewhere, roots_elsewhere
from juncture.merging.coverage.reports import report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage import Coverage, CoverageData

__all__ = ["Joined", "combine", "executed_by", "join"]

LARGE = 16_000_000
"""Bytes of data files; below that a second process saves no time that anybody would notice."""

WORTH_A_PROCESS = 8
"""Data files to combine; each part is combined again with the others."""

_SENSELESS = (sqlite3.Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading raises besides coverage's own exceptions, of a damaged file that SQLite finds nothing wrong with."""

WILD = re.compile(r"[*?\[\]]")
"""What coverage's ``[paths]`` takes for a pattern, and has no way to write as itself."""


class Joined(NamedTuple):
    """The combined file, of how many others it is, which could not be used, and what else to tell."""

    data: Path
    used: int
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def combine(folders: Sequence[Path], out: Path, settings: Path, root: Path | None = None) -> Measured | None:
    """Combine the data files of ``folders`` into ``out``/coverage.data and write coverage.xml and coverage.json.

    The inputs stay as they are. ``settings`` is coverage's configuration file, whose ``[paths]`` hold; what was
    measured below another root is taken for the same file below ``root``, which is the current folder where it is not
    given. Return None where there is no data file; what could not be used is named in the result.
    """
    from coverage.exceptions import CoverageException, CoverageWarning  # noqa: PLC0415 - 60 ms that only a merge pays

    files = [path.absolute() for path in data_files(folders)]
    if not files:
        return None
    out, settings = out.absolute(), settings.absolute()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoverageWarning)  # about settings: the run itself has told them
        try:
            return _measured(files, out, settings, root or Path.cwd())
        except (CoverageException, *_SENSELESS) as error:
            return Measured(None, 0, out / "coverage.data", refused=(f"coverage can't be combined: {error}",))


def _measured(files: Sequence[Path], out: Path, settings: Path, root: Path) -> Measured:
    # Coverage has no other way to be told what its relative names are relative to.
    with contextlib.chdir(root):
        joined = join(files, out, settings)
        if not joined.used:
            return Measured(None, 0, joined.data, refused=joined.refused)
        reported = report(joined.data, settings, out)
        measure = _coverage(joined.data, settings)
    lines = reported.lines.values()
    ran = sum(len(each.executed) + each.taken for each in lines)
    whole = sum(len(each.executed) + len(each.missing) + each.branches for each in lines)
    return Measured(
        share(ran, whole) if whole else None,
        joined.used,
        joined.data,
        lines=reported.lines,
        refused=(*joined.refused, *reported.refused),
        notes=(*joined.notes, *reported.notes),
        demanded=float(str(measure.get_option("report:fail_under") or 0)),
        precision=int(str(measure.get_option("report:precision") or 0)),
    )


def executed_by(measured: Measured, context: str, root: Path) -> dict[str, frozenset[int]]:
    """Return the lines that ran under one static context, by file relative to ``root`` in POSIX form."""
    if not measured.files:
        return {}
    data = _opened(measured.data)
    try:
        data.set_query_context(context)
        return {_relative(name, root): frozenset(data.lines(name) or ()) for name in data.measured_files()}
    finally:
        data.close()


def join(files: Sequence[Path], out: Path, settings: Path) -> Joined:
    """Combine data files into ``out``/coverage.data; the root is the current folder, and paths are absolute."""
    data = out / "coverage.data"
    unfinished = out / f"coverage.{os.getpid()}.data.new"
    refused = {path: why for path in files if (why := refusal(path))}
    notes: list[str] = []
    try:
        _join(_without(files, refused), unfinished, settings, refused)
        if elsewhere_roots := _roots_elsewhere(unfinished):
            moved = unfinished.with_name(f"{unfinished.name}.moved")
            try:
                _join_once(settings, elsewhere_roots, ([unfinished], moved))
                moved.replace(unfinished)
            finally:
                moved.unlink(missing_ok=True)
            notes = [f"sources measured in {folder} are taken for those here" for folder in elsewhere_roots]
        data.unlink(missing_ok=True)
        if unfinished.exists():
            unfinished.replace(data)
    finally:
        unfinished.unlink(missing_ok=True)
    return Joined(
        data=data,
        used=len(_without(files, refused)),
        refused=tuple(f"{_shown(path)} {why}" for path, why in sorted(refused.items())),
        notes=tuple(notes),
    )


def _relative(name: str, root: Path) -> str:
    return name.removeprefix(f"{root.as_posix()}/").replace("\\", "/")


def _join(files: Sequence[Path], data: Path, settings: Path, refused: dict[Path, str]) -> None:
    """Combine what can be combined into ``data``, and note in ``refused`` what can't."""
    from coverage.exceptions import CoverageException  # noqa: PLC0415 - 60 ms that only a merge pays

    for attempt in (_join_at_once, _join_sorted_out):
        left = _without(files, refused)
        if not left:
            return
        with contextlib.suppress(CoverageException):
            refused |= attempt(left, data, settings)
            return
        data.unlink(missing_ok=True)
    refused |= dict.fromkeys(left, "is of a measurement that coverage can't combine with the others")


def _join_at_once(files: Sequence[Path], data: Path, settings: Path) -> dict[Path, str]:
    """Combine, much in two steps of which the first is in several processes; return what coverage passed over."""
    large = sum(path.stat().st_size for path in files) >= LARGE
    parts = divide(files, WORTH_A_PROCESS) if large else [list(files)]
    if len(parts) == 1:
        return _join_once(settings, (), (files, data))
    drafts = [(part, data.with_name(f"{data.name}.{index}")) for index, part in enumerate(parts)]
    try:
        passed = at_once(partial(_join_once, settings, ()), drafts)
        _join_once(settings, (), ([draft for _, draft in drafts if draft.exists()], data))
    finally:
        for _, draft in drafts:
            draft.unlink(missing_ok=True)
    return {path: why for each in passed for path, why in each.items()}


def _join_sorted_out(files: Sequence[Path], data: Path, settings: Path) -> dict[Path, str]:
    """Combine all but those that are torn inside, or are of the other kind of measurement than the settings say."""
    refused = {path: why for path in files if (why := damage(path))}
    branches = bool(_coverage(data, settings).get_option("run:branch"))
    for path in _without(files, refused):
        read = _opened(path)
        if read.measured_files() and read.has_arcs() != branches:
            kinds = ("with", "without") if read.has_arcs() else ("without", "with")
            refused[path] = "was measured {} branches, but the settings say {}".format(*kinds)
        read.close()
    return refused | _join_once(settings, (), (_without(files, refused), data))


def _join_once(settings: Path, elsewhere_roots: Sequence[str], job: tuple[Sequence[Path], Path]) -> dict[Path, str]:
    """Let coverage combine files into a new one; return those that it passed over."""
    from coverage.exceptions import CoverageWarning, NoDataError  # noqa: PLC0415

    files, data = job
    data.unlink(missing_ok=True)
    if not files:
        return {}  # coverage would look for files by itself
    measure = _coverage(data, settings)
    measure.set_option("run:disable_warnings", [])
    if elsewhere_roots:
        here = "." if measure.get_option("run:relative_files") else str(Path.cwd())
        theirs: Any = measure.get_option("paths")
        measure.set_option("paths", {**theirs, "juncture": [here, *elsewhere_roots]})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            measure.combine([str(path) for path in files], strict=True, keep=True)
            measure.save()
        except NoDataError:
            data.unlink(missing_ok=True)
        finally:
            measure.get_data().close()
    texts = [str(each.message) for each in told if issubclass(each.category, CoverageWarning)]
    return {path: _words(text, path) for text in texts for path in files if repr(str(path)) in text}


def _words(text: str, path: Path) -> str:
    """Return what coverage says of a file that it passed over."""
    reason = text.partition(repr(str(path)))[2].lstrip(": ").strip()
    return f"is of another version of coverage: {reason}" if "wrong schema" in reason else f"can't be used: {reason}"


def _roots_elsewhere(data: Path) -> list[str]:
    """Return the other roots that a combined file has names of; the root is the current folder."""
    if not data.exists():
        return []
    read = _opened(data)
    here = Path.cwd()
    names = elsewhere(read.measured_files(), here.as_posix())
    read.close()
    return [each for each in roots_elsewhere(names, lambda name: (here / name).is_file()) if not WILD.search(each)]


def _without(files: Sequence[Path], refused: dict[Path, str]) -> list[Path]:
    return [path for path in files if path not in refused]


def _shown(path: Path) -> str:
    """Return a data file's place in its bundle."""
    return "/".join(path.parts[-3:])


def _coverage(data: Path, settings: Path) -> Coverage:
    from coverage import Coverage as Measure  # noqa: PLC0415

    return Measure(data_file=str(data), config_file=str(settings), messages=False)


def _opened(path: Path) -> CoverageData:
    from coverage import CoverageData as Data  # noqa: PLC0415

    data: CoverageData = Data(basename=str(path))
    data.read()
    return data
