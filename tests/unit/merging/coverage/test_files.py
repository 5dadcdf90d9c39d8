"""Which data files can't be one, and why."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from coverage import CoverageData

from juncture.merging.coverage.files import damage, data_files, processes, refusal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a data file with much in it."""
    path = tmp_path / "data.host.pid1.Xa"
    data: CoverageData = CoverageData(str(path))
    data.add_lines({f"m{number}.py": range(1, 400, 3) for number in range(200)})
    data.write()
    data.close()
    return path


def test_whole_file_is_taken_and_left_as_it_is(whole: Path) -> None:
    """Nothing is wrong with it, and looking writes nothing."""
    before = whole.read_bytes()
    assert (refusal(whole), damage(whole)) == ("", "")
    assert whole.read_bytes() == before
    assert list(whole.parent.iterdir()) == [whole]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty: its process was killed before it wrote"),
        (b"!coverage.py: This is a private format", "is no SQLite database, as coverage's data files are"),
        (b"SQLite format 3\0", "is torn: "),
        (b"SQLite format 3\0" + b"\xff" * 4096, "is torn: "),
    ],
)
def test_other_content_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes, why: str) -> None:
    """Each is named for what it is, and nothing is written into it."""
    path = tmp_path / "data.x"
    path.write_bytes(content)
    assert refusal(path).startswith(why)
    assert path.read_bytes() == content


def test_database_of_something_else_is_refused(tmp_path: Path) -> None:
    """Coverage's own table has to be there."""
    with closing(sqlite3.connect(tmp_path / "data.x")) as database:
        database.execute("create table fruit (name)")
    assert refusal(tmp_path / "data.x") == "is a database of something else than coverage"


def test_locked_file_is_named(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that still writes has the file."""
    monkeypatch.setattr("juncture.merging.coverage.files.PATIENCE", 0.01)
    with closing(sqlite3.connect(whole, isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        assert refusal(whole) == "is locked: a process still writes to it"


def test_journal_beside_it_is_named(whole: Path) -> None:
    """A journal tells of a write that came to no end; it is no data file itself, and its process left none."""
    (whole.parent / f"{whole.name}-journal").write_bytes(b"x")
    assert refusal(whole).startswith("was being written when its process died")
    assert data_files([whole.parent]) == [whole]


def test_missing_file_is_named(tmp_path: Path) -> None:
    """What can't be opened says so in the system's words."""
    assert refusal(tmp_path / "data.x") == "can't be read: No such file or directory"


def test_torn_inside_is_found(whole: Path) -> None:
    """A file cut in its middle begins well; that its pages are not all there is found by reading it."""
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2 // 4096 * 4096])
    assert "is torn: " in (refusal(whole) or damage(whole))


def test_processes_are_told_by_the_names(tmp_path: Path) -> None:
    """The id stands in the name that coverage gives."""
    for name in ("data.host.pid12.Xab.Hcd", "data.host.pid7.Xab", "data.host.pid8.X-journal", "other.pid9.x"):
        (tmp_path / name).touch()
    assert processes(tmp_path) == {7, 12}
