"""Sealing a folder, and noticing what changed since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from juncture.errors import IncompleteError, UsageError
from juncture.recording.bundle import damage, manifest_of, seal
from juncture.recording.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

ENVIRON = {"JUNCTURE_COMMIT": "abc", "PATH": "/nowhere"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a bundle of one closed journal and one file."""
    journal = Journal(tmp_path / "b" / "journal-gw0.jsonl", suite="unit", shard=2, total=3, attempt=4, run="r")
    journal.close(exit=0)
    (tmp_path / "b" / "plan.json").write_text('{"digest": "d"}')
    return tmp_path / "b"


def test_seal_takes_the_facts_from_the_journals(folder: Path) -> None:
    """The manifest says what the bundle is of, and can be read again."""
    manifest = seal(folder, ENVIRON)
    assert (manifest.suite, manifest.shard, manifest.total, manifest.attempt) == ("unit", 2, 3, 4)
    assert (manifest.plan, manifest.commit) == ("d", "abc")
    assert set(manifest.files) == {"journal-gw0.jsonl", "plan.json"}
    assert manifest_of(folder) == manifest
    assert damage(folder, manifest) == []


def test_damage_is_told_by_file(folder: Path) -> None:
    """A file that is missing, added or changed is named."""
    manifest = seal(folder, ENVIRON)
    (folder / "plan.json").unlink()
    (folder / "more.txt").touch()
    with (folder / "journal-gw0.jsonl").open("a") as file:
        file.write(" ")
    assert damage(folder, manifest) == ["journal-gw0.jsonl was changed", "more.txt was added", "plan.json is missing"]


def test_an_empty_folder_can_not_be_sealed(tmp_path: Path) -> None:
    """Without a journal there is nothing to say what it is of."""
    with pytest.raises(IncompleteError, match="holds no journal"):
        seal(tmp_path, ENVIRON)


def test_the_commit_is_the_one_that_was_tested(tmp_path: Path) -> None:
    """An old bundle that a later job seals stays one of its own commit."""
    Journal(tmp_path / "journal-main.jsonl", commit="old").close(exit=0)
    assert seal(tmp_path, ENVIRON).commit == "old"


def test_nonsense_can_not_be_sealed(tmp_path: Path) -> None:
    """A journal of another shape, and a file in place of the folder, are refused without a traceback."""
    Journal(tmp_path / "journal-main.jsonl", shard="x").close(exit=0)
    with pytest.raises(IncompleteError, match="it makes no sense: opened: shard is 'x'"):
        seal(tmp_path, ENVIRON)
    with pytest.raises(IncompleteError, match="there is no such folder"):
        seal(tmp_path / "journal-main.jsonl", ENVIRON)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 1, "suite": "x", "odd": 1}'])
def test_a_torn_manifest(folder: Path, text: str) -> None:
    """What is no manifest is refused with its place, never with a traceback."""
    (folder / "manifest.json").write_text(text)
    with pytest.raises(IncompleteError, match="manifest"):
        manifest_of(folder)


def test_another_version(folder: Path) -> None:
    """A manifest of a later format is refused, naming both versions."""
    seal(folder, ENVIRON)
    fields = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(fields | {"version": 2}))
    with pytest.raises(IncompleteError, match="version 2, this juncture reads 1"):
        manifest_of(folder)


def test_a_missing_manifest_says_what_to_do(folder: Path) -> None:
    """A bundle that was never sealed is of a job that ended early."""
    with pytest.raises(IncompleteError, match="its job ended early"):
        manifest_of(folder)


def test_a_folder_that_can_not_be_written_can_not_be_sealed(folder: Path) -> None:
    """Somebody else's place is told with what to do."""
    (folder / "manifest.json").mkdir()
    with pytest.raises(UsageError, match=r"b: it can't be sealed: Is a directory\n  seal it as the user that ran"):
        seal(folder, ENVIRON)
