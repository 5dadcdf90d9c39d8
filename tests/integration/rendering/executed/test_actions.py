"""What stands for GitHub's actions refuses what they refuse: else a workflow that can't work would run here."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from act import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def action(tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs an action's script in a folder of its own, and returns why it failed."""
    (tmp_path / "work" / "reports" / ".hidden").mkdir(parents=True)
    (tmp_path / "work" / "reports" / "junit.xml").write_text("<testsuites/>")
    (tmp_path / "work" / "reports" / ".coverage").write_text("data")
    (tmp_path / "work" / "reports" / ".hidden" / "data").write_text("data")

    def run(script: str, *words: str, **inputs: str) -> str:
        defaults = {"PATTERNS": "reports", "IF_NONE": "warn", "OVERWRITE": "false", "HIDDEN": "false", "ATTEMPT": "1"}
        defaults |= {"NAME": "", "PATTERN": "", "TARGET": "there", "MERGE": "false", "TOKEN": "", "RUN": ""}
        own = {"STORE": str(tmp_path / "store"), "GITHUB_OUTPUT": str(tmp_path / "output")}
        done = subprocess.run(
            [sys.executable, ACTIONS / script, *words],
            cwd=tmp_path / "work",
            env={**os.environ, **defaults, **own, **inputs},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stderr.strip() if done.returncode else ""

    return run


def files(folder: Path) -> list[str]:
    """Return the files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_name_is_taken_once_per_attempt(action: Callable[..., str]) -> None:
    """A second upload of a name is a conflict, unless it says that it overwrites; another attempt has its own."""
    assert not action("upload-artifact/upload.py", NAME="plan")
    assert "(409) Conflict" in action("upload-artifact/upload.py", NAME="plan")
    assert not action("upload-artifact/upload.py", NAME="plan", OVERWRITE="true")
    assert not action("upload-artifact/upload.py", NAME="plan", ATTEMPT="2")


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a:b", 'a"b', "a<b", "a>b", "a|b", "a*b", "a?b", "a\nb"])
def test_name_with_banned_characters(action: Callable[..., str], name: str) -> None:
    """A name that GitHub refuses is refused."""
    assert "name is not valid" in action("upload-artifact/upload.py", NAME=name)


def test_path_with_banned_characters(action: Callable[..., str], tmp_path: Path) -> None:
    """So is a file whose name has such a character."""
    (tmp_path / "work" / "reports" / "a:b").write_text("")
    assert "path for one of the files in artifact is not valid" in action("upload-artifact/upload.py", NAME="plan")


def test_hidden_files_are_left_out(action: Callable[..., str], tmp_path: Path) -> None:
    """Files and folders that begin with a dot are dropped without a word, unless they are asked for."""
    assert not action("upload-artifact/upload.py", NAME="few")
    assert not action("upload-artifact/upload.py", NAME="all", HIDDEN="true")
    assert files(tmp_path / "store" / "artifacts" / "1" / "few") == ["junit.xml"]
    assert files(tmp_path / "store" / "artifacts" / "1" / "all") == [".coverage", ".hidden/data", "junit.xml"]
    assert "No files were found" in action(
        "upload-artifact/upload.py", NAME="none", PATTERNS="reports/.coverage", IF_NONE="error"
    )


def test_earlier_attempt_needs_a_token(action: Callable[..., str], tmp_path: Path) -> None:
    """What an earlier attempt left is there for a token and the run's id alone, and is shadowed by a newer one."""
    assert "not found for name" in action("download-artifact/download.py", NAME="plan")
    assert not action("upload-artifact/upload.py", NAME="plan")
    assert not action("download-artifact/download.py", NAME="plan")
    assert "(404) Not Found" in action("download-artifact/download.py", NAME="plan", ATTEMPT="2")
    assert not action("download-artifact/download.py", PATTERN="pl*", ATTEMPT="2", TOKEN="t", RUN="1")
    assert files(tmp_path / "work" / "there") == ["junit.xml", "plan/junit.xml"]


def test_cache_key_is_written_once(action: Callable[..., str], tmp_path: Path) -> None:
    """A key keeps what it had first; a restore key finds the newest that begins with it; no comma is in a key."""
    junit = tmp_path / "work" / "reports" / "junit.xml"
    keep = {"PATHS": "reports/junit.xml"}
    assert not action("cache/caches.py", "save", KEY="history-1", **keep)
    junit.write_text("newer")
    assert not action("cache/caches.py", "save", KEY="history-1", **keep)
    junit.unlink()
    assert not action("cache/caches.py", "restore", KEY="history-2", RESTORE_KEYS="history-", **keep)
    assert junit.read_text() == "<testsuites/>"
    assert "Key Validation Error" in action("cache/caches.py", "save", KEY="a,b", **keep)
