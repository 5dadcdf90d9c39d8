"""Where a session leaves its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.sessions._bundle import Results

if TYPE_CHECKING:
    from pathlib import Path


def test_start_makes_the_folders(tmp_path: Path) -> None:
    """The first run finds its folders made."""
    results = Results(tmp_path / "reports" / "unit")
    results.start_afresh()
    assert (results.bundle / "coverage").is_dir()


def test_start_drops_the_last_run(tmp_path: Path) -> None:
    """Nothing of the last run can be taken for this one's."""
    results = Results(tmp_path)
    results.start_afresh()
    (results.bundle / "coverage" / "data.old").touch()
    results.junit.touch()
    results.start_afresh()
    assert not results.junit.exists()
    assert not (results.bundle / "coverage" / "data.old").exists()


def test_start_refuses_what_is_not_ours(tmp_path: Path) -> None:
    """A folder of the user's own stays as it is, and the message names it and what to do."""
    results = Results(tmp_path)
    results.bundle.mkdir()
    (results.bundle / "thesis.txt").touch()
    with pytest.raises(UsageError) as caught:
        results.start_afresh()
    assert (results.bundle / "thesis.txt").exists()
    assert str(caught.value).startswith(f"{results.bundle}: juncture did not make this folder")
    assert "`reports` under [tool.juncture]" in caught.value.hint


def test_start_refuses_a_link(tmp_path: Path) -> None:
    """A symbolic link is never followed to delete what is behind it."""
    elsewhere = Results(tmp_path / "elsewhere")
    elsewhere.start_afresh()
    results = Results(tmp_path)
    results.bundle.symlink_to(elsewhere.bundle)
    with pytest.raises(UsageError):
        results.start_afresh()
    assert (elsewhere.bundle / "coverage").is_dir()


def test_bundle_has_no_dotfiles(tmp_path: Path) -> None:
    """Hidden files are dropped by the artifact stores of CI platforms, so there are none."""
    results = Results(tmp_path)
    results.start_afresh()
    assert [path.name for path in results.bundle.rglob("*") if path.name.startswith(".")] == []
