"""Tests of ``juncture.providers.docker.context``, in real folders."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from juncture.providers.docker.context import Ignored, archive, digest, files_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a small context."""
    root = tmp_path / "context"
    for name in ("Dockerfile", "app/main.py", "app/deep/data.txt", "node_modules/x/y.js", "notes.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


@pytest.mark.parametrize(
    ("patterns", "left_out", "left_in"),
    [
        ("node_modules", "node_modules/x/y.js node_modules", "app/node_modules my_node_modules"),
        ("/app/*.pyc\n", "app/a.pyc", "app/b/a.pyc a.pyc app/a.py"),
        ("**/*.pyc", "a.pyc app/b/a.pyc", "a.py"),
        ("app/**", "app/a app/b/c", "apple"),
        ("*.md\n!README.md", "a.md", "README.md"),
        ("*\n!app", "x x/y", "app app/main.py"),
        ("*\n!app\napp/secret", "app/secret app/secret/key x", "app/main.py"),
        ("a?c\n[xy].txt\n[^m-p]q", "abc x.txt aq", "ac z.txt mq"),
        ("# a comment\n\n  \n./x/ \n!", "x x/y", "a # comment"),
        ("a.b", "a.b", "aXb"),
        ("a/\\*", "", "b"),
    ],
)
def test_patterns_mean_what_engines_say(patterns: str, left_out: str, left_in: str) -> None:
    """The last pattern that names a path, or a folder above it, decides."""
    ignored = Ignored.parse(patterns)
    assert [path for path in left_out.split() if not ignored.leaves_out(path)] == []
    assert [path for path in left_in.split() if ignored.leaves_out(path)] == []


def test_only_folders_with_something_to_take_back_are_entered() -> None:
    """What is ignored as a whole is not read, however large it is."""
    ignored = Ignored.parse("*\n!app/main.py\n!**/LICENSE")
    assert ignored.may_leave_in("app")
    assert ignored.may_leave_in("node_modules/x")
    ignored = Ignored.parse("*\n!app/*/main.py")
    assert [ignored.may_leave_in(path) for path in ("app", "app/one", "node_modules")] == [True, True, False]


def test_context_is_what_is_left(folder: Path) -> None:
    """The paths come in order, folders included; what the engine needs itself is there even where it is ignored."""
    (folder / ".dockerignore").write_text("*\n!app\napp/deep\n")
    assert [path for path, _ in files_in(folder)] == [".dockerignore", "Dockerfile", "app", "app/main.py"]


def test_archive_holds_the_context(folder: Path) -> None:
    """Each file is there with its mode and content, and belongs to root; a link stays one."""
    (folder / ".dockerignore").write_text("node_modules\n*.md")
    (folder / "app" / "main.py").chmod(0o755)
    (folder / "link").symlink_to("app/main.py")
    file = io.BytesIO()
    archive(folder, file)
    file.seek(0)
    with tarfile.open(fileobj=file) as found:
        entries = {entry.name: entry for entry in found}
        content = found.extractfile("app/main.py")
        assert content is not None
        assert content.read() == b"app/main.py"
    assert set(entries) == {
        ".dockerignore",
        "Dockerfile",
        "app",
        "app/deep",
        "app/deep/data.txt",
        "app/main.py",
        "link",
    }
    assert (entries["app/main.py"].mode, entries["app/main.py"].uid, entries["app/main.py"].uname) == (0o755, 0, "")
    assert entries["link"].linkname == "app/main.py"


def test_hash_is_of_paths_modes_and_contents(folder: Path, tmp_path: Path) -> None:
    """A copy has the same hash, whatever its times; one more byte, another name or mode, or a link have another one."""
    home = tmp_path / "home"
    (folder / ".dockerignore").write_text("**/*.log\n")
    seen = [digest(folder, home)]
    os.utime(folder / "app" / "main.py", (1, 1))
    (folder / "app" / "noise.log").write_text("noise")
    assert digest(folder, home) == seen[0]
    for change in (
        lambda: (folder / "app" / "main.py").write_text("app/mAin.py"),
        lambda: (folder / "app" / "main.py").chmod(0o700),
        lambda: (folder / "notes.md").rename(folder / "note.md"),
        lambda: (folder / "link").symlink_to("app"),
        (folder / "app" / "empty").mkdir,
    ):
        change()
        seen.append(digest(folder, home))
    assert len(set(seen)) == len(seen)


def test_contents_are_read_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing looks different, no file is opened again."""
    first = digest(folder, tmp_path / "home")
    monkeypatch.setattr("juncture.providers.docker.context._hash", lambda *_: pytest.fail("it reads the files again"))
    assert digest(folder, tmp_path / "home") == first
