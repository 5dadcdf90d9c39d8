"""Tests of ``juncture.recording.packing``."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from juncture.errors import IncompleteError, UsageError
from juncture.recording import packing
from juncture.recording.bundle import damage, manifest_of, seal
from juncture.recording.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sealed bundle with a journal and a file in a folder."""
    journal = Journal(tmp_path / "b" / "journal-main.jsonl", suite="unit", role="single", worker="main")
    journal.close(exit=0)
    (tmp_path / "b" / "coverage").mkdir()
    (tmp_path / "b" / "coverage" / "data.1").write_bytes(bytes(range(256)) * 100)
    seal(tmp_path / "b", {"PATH": "/nowhere"})
    return tmp_path / "b"


def test_a_bundle_survives_its_archive(folder: Path, tmp_path: Path) -> None:
    """Unpacked it is the same, and the manifest comes last in the file: a torn one has none."""
    packed = packing.pack(folder)
    assert packed == tmp_path / "b.zip"
    assert zipfile.ZipFile(packed).namelist()[-1] == "manifest.json"
    packing.unpack(packed, tmp_path / "out")
    assert damage(tmp_path / "out", manifest_of(tmp_path / "out")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "b.zip", "out"]


def test_every_torn_archive_is_refused(folder: Path, tmp_path: Path) -> None:
    """Cut anywhere, it is named; nothing is left of it."""
    whole = packing.pack(folder).read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 50)):
        torn = tmp_path / "torn.zip"
        torn.write_bytes(whole[:size])
        with pytest.raises(IncompleteError, match=r"torn\.zip: it can't be unpacked"):
            packing.unpack(torn, tmp_path / "out")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name",
    ["../a", "/a", "a/../../b", "a\\b", "c:/a", ".hidden", "a/.b", "a//b", "", "a\x01b", "a/"],
)
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    """Nothing is written outside of the folder, nor where one platform reads a name in another way."""
    hostile = tmp_path / "h.zip"
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name or "x"), b"x")
    if not name:
        hostile.write_bytes(hostile.read_bytes().replace(b"x", b"\x00"))
    with pytest.raises(IncompleteError):
        packing.unpack(hostile, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    """Readers differ in which of the two they take."""
    hostile = tmp_path / "h.zip"
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(IncompleteError, match="a name is in it twice"):
        packing.unpack(hostile, tmp_path / "out")


def test_another_compression_is_refused(tmp_path: Path) -> None:
    """Bundles are deflated; what else a damaged byte asks for may not even be there in this Python."""
    hostile = tmp_path / "h.zip"
    with zipfile.ZipFile(hostile, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"1")
    with pytest.raises(IncompleteError, match="packed in a way that no bundle is"):
        packing.unpack(hostile, tmp_path / "out")


def test_an_archive_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb says what it is, and is not unpacked; one that lies about its size is cut off at what it said."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(5_000_000))
    with monkeypatch.context() as patch:
        patch.setattr(packing, "LARGEST", 1_000_000)
        with pytest.raises(IncompleteError, match="unpacked it has"):
            packing.unpack(bomb, tmp_path / "out")
    data = bomb.read_bytes().replace(struct.pack("<I", 5_000_000), struct.pack("<I", 10))
    bomb.write_bytes(data)
    with pytest.raises(IncompleteError):
        packing.unpack(bomb, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_that_can_not_be_written(folder: Path) -> None:
    """Its name may be too long for the disk; the message says where and what to do."""
    long = folder.rename(folder.with_name("b" * 250))
    with pytest.raises(UsageError, match=r"b\.zip: it can't be written: File name too long\n  packed it lies beside"):
        packing.pack(long)
