"""The folder that a session's run fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.sessions._bundle import Bundle, make_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_start_makes_the_folders(tmp_path: Path) -> None:
    """The first run finds its folders made."""
    bundle = Bundle(tmp_path / "reports" / "unit" / "bundle")
    bundle.start_afresh()
    assert (bundle.folder / "coverage").is_dir()
    assert not bundle.holds_journals()


def test_start_drops_the_last_run(tmp_path: Path) -> None:
    """Nothing of the last run can be taken for this one's."""
    bundle = Bundle(tmp_path / "bundle")
    bundle.start_afresh()
    (bundle.folder / "coverage" / "data.old").touch()
    (bundle.folder / "journal-gw0.jsonl").touch()
    bundle.start_afresh()
    assert not bundle.holds_journals()
    assert not (bundle.folder / "coverage" / "data.old").exists()


def test_start_refuses_what_is_not_ours(tmp_path: Path) -> None:
    """A folder of the user's own stays as it is, and the message names it and what to do."""
    bundle = Bundle(tmp_path / "bundle")
    bundle.folder.mkdir()
    (bundle.folder / "thesis.txt").touch()
    with pytest.raises(UsageError) as caught:
        bundle.start_afresh()
    assert str(bundle.folder) in str(caught.value)
    assert "move it away" in str(caught.value)
    assert (bundle.folder / "thesis.txt").exists()


def test_start_refuses_a_link(tmp_path: Path) -> None:
    """A link is never followed: what it leads to is somebody's."""
    target = tmp_path / "target"
    Bundle(target).start_afresh()
    (tmp_path / "bundle").symlink_to(target)
    with pytest.raises(UsageError):
        Bundle(tmp_path / "bundle").start_afresh()
    assert (target / "coverage").is_dir()


def test_start_says_where_no_folder_can_be_made(tmp_path: Path) -> None:
    """A file where the reports are to be, and one where the declaration's own folder of them is."""
    (tmp_path / "reports").touch()
    with pytest.raises(
        UsageError, match=r"bundle: it can't be made: Not a directory\n  set another folder with `reports`"
    ):
        Bundle(tmp_path / "reports" / "unit" / "bundle").start_afresh()
    with pytest.raises(UsageError, match="reports: it can't be made: File exists"):
        make_folder(tmp_path / "reports")
