"""Tests of ``juncture.merging.coverage.combining``: files that are no use are named, and the others are combined."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from measured import LINES, Project, lines_in

from juncture.merging.coverage import executed_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def foreign(path: Path) -> None:
    """Make a data file one of a version to come."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("update coverage_schema set version = 99")
        database.commit()


BREAK: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is empty: its process was killed before it wrote"),
    "text": (lambda path: path.write_text("no data"), "is no SQLite database, as coverage's data files are"),
    "torn": (lambda path: path.write_bytes(path.read_bytes()[:8192]), "is torn: "),
    "foreign": (foreign, "is of another version of coverage: wrong schema: 99"),
}


@pytest.mark.parametrize("files", [3, 30])
@pytest.mark.parametrize("kind", BREAK)
def test_broken_file_is_named_and_the_others_are_combined(project: Project, kind: str, files: int) -> None:
    """One that can't be used is told of, with its place in its bundle; no traceback, and no silence."""
    names = [project.source(f"shop/m{number}.py") for number in range(100)]
    paths = [project.data(f"host.pid{number}.Xa", {names[number]: [1, 2]}) for number in range(files)]
    breaks, why = BREAK[kind]
    breaks(paths[1])
    measured = project.combine_apart()
    (told,) = measured.refused
    assert told.startswith(f"bundle/coverage/data.host.pid1.Xa {why}")
    assert measured.files == files - 1
    assert set(lines_in(measured.data)) == {name for number, name in enumerate(names[:files]) if number != 1}


def test_file_torn_anywhere_is_refused_or_whole(project: Project) -> None:
    """Wherever a file was cut, it either gives all that was in it, or is named."""
    names = [project.source(f"shop/m{number}.py") for number in range(150)]
    path = project.data("host.pid1.Xa", {name: [1, 2, 3] for name in names})
    project.data("host.pid2.Xb", {names[0]: [7]})
    content = path.read_bytes()
    expected = lines_in(path) | {names[0]: {"integration": [1, 2, 3, 7]}}
    for size in range(0, len(content), 2048):
        path.write_bytes(content[:size])
        measured = project.combine()
        if measured.refused:
            assert len(measured.refused) == 1
            assert set(lines_in(measured.data)) == {names[0]}
        else:
            assert lines_in(measured.data) == expected


def test_only_broken_files_are_no_measure_but_named(project: Project) -> None:
    """There is no total, and every file is told of."""
    for number in range(2):
        (project.bundle / f"data.host.pid{number}.Xa").write_bytes(b"")
    measured = project.combine()
    assert (measured.percent, measured.files) == (None, 0)
    assert len(measured.refused) == 2
    assert executed_by(measured, "integration", project.root) == {}


@pytest.mark.parametrize(("branch", "kept"), [("true", "b"), ("false", "a")])
def test_other_kind_of_measurement_is_named(project: Project, branch: str, kept: str) -> None:
    """Statements and branches don't mix: those stay that the settings speak of."""
    project.settings.write_text(f"[run]\nrelative_files = true\nbranch = {branch}\n")
    project.data("host.pid1.Xa", {project.source("shop/a.py"): LINES})
    project.branches("host.pid2.Xb", project.source("shop/b.py"))
    measured = project.combine()
    (told,) = measured.refused
    assert "was measured" in told
    assert set(measured.lines) == {f"shop/{kept}.py"}
