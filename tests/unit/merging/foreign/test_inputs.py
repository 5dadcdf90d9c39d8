"""Tests of ``juncture.merging.foreign.inputs`` and of ``parts``: which files are meant."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from juncture.merging.foreign.inputs import Inputs, find_inputs
from juncture.merging.foreign.parts import is_part, old_parts, part_mark, part_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with files in it and below."""
    for name in ("b.xml", "a.xml", "notes.txt", "in/c.XML", "in/deep/d.xml", "we[i]rd.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<testsuite/>")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(inputs: Inputs) -> list[str]:
    """Return the files as they are named."""
    return [str(path) for path in inputs.files]


@pytest.mark.usefixtures("folder")
def test_files_folders_and_patterns_in_their_order() -> None:
    """Within a folder and a pattern they are sorted; what exists is no pattern; none is there twice."""
    assert names(find_inputs(["b.xml", "?.xml"])) == ["b.xml", "a.xml"]
    assert names(find_inputs(["in"])) == ["in/c.XML", "in/deep/d.xml"]
    assert names(find_inputs(["**/d.xml"])) == ["in/deep/d.xml"]
    assert names(find_inputs(["we[i]rd.xml"])) == ["we[i]rd.xml"]
    assert names(find_inputs(["notes.txt", "./notes.txt"])) == ["notes.txt"]


def test_link_to_a_file_is_that_file(folder: Path) -> None:
    """Neither a symbolic nor a hard link makes a second one."""
    (folder / "s.xml").symlink_to("a.xml")
    os.link("a.xml", "h.xml")
    assert names(find_inputs(["a.xml", "s.xml", "h.xml"])) == ["a.xml"]


def test_what_stands_for_nothing_is_named(folder: Path) -> None:
    """An empty folder, a pattern without match, a name that is not there, a pipe, a link to nowhere."""
    os.mkfifo(folder / "pipe.xml")
    (folder / "gone.xml").symlink_to("nowhere")
    inputs = find_inputs(["empty", "x*.xml", "x.xml", "pipe.xml", "gone.xml", "a.xml"])
    assert inputs.missing == [
        ("empty", "holds no file *.xml"),
        ("x*.xml", "matches no file"),
        ("x.xml", "no such file or directory"),
        ("pipe.xml", "is no regular file"),
        ("gone.xml", "no such file or directory"),
    ]
    assert names(inputs) == ["a.xml"]


def test_out_that_a_folder_holds_is_left_out_but_not_one_that_is_named(folder: Path) -> None:
    """The result of the run before is no input of this one, unless somebody says so."""
    out = folder / "a.xml"
    inputs = find_inputs(["?.xml"], out)
    assert (names(inputs), inputs.left_out) == (["b.xml"], [out.relative_to(folder)])
    assert names(find_inputs(["a.xml"], out)) == ["a.xml"]
    assert find_inputs(["a*.xml"], out).missing == [("a*.xml", "matches no file")]


def test_parts_of_out_are_known_by_name_and_mark(folder: Path) -> None:
    """A shard's own file may well have the name of a part."""
    out = folder / "junit.xml"
    part_path(out, 1).write_text(f"<?xml version='1.0'?>\n{part_mark(1, 2)}\n<testsuites/>")
    part_path(out, 2).write_text("<testsuite/>")
    (folder / "other-1.xml").write_text(part_mark(1, 2))
    assert [is_part(part_path(out, number), out) for number in (1, 2, 3)] == [True, False, False]
    assert old_parts(out) == [folder / "junit-1.xml"]
    assert names(find_inputs(["junit-*.xml"], out)) == ["junit-2.xml"]
