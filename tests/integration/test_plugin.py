"""The plugin where no project declares anything: it must be as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.plugin import declaring_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_dormant_without_a_declaration(pytester: pytest.Pytester) -> None:
    """Nothing of juncture but the plugin's own module is imported."""
    pytester.makepyfile(
        """
import sys
def test_modules():
    assert [name for name in sys.modules if name.startswith("juncture.")] == ["juncture.plugin"]
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_nearest_pyproject_decides(tmp_path: Path) -> None:
    """A project inside a declaring one is its own, and declares nothing."""
    (tmp_path / "pyproject.toml").write_text("[tool.juncture]\n")
    inner = tmp_path / "inner"
    (inner / "deep").mkdir(parents=True)
    assert declaring_folder(inner / "deep") == tmp_path
    (inner / "pyproject.toml").write_text("[project]\n")
    assert declaring_folder(inner / "deep") is None
