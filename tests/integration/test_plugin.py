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


def test_active_without_services_imports_none_of_theirs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every process of every run would pay for it: no provider, no protocol, no kind that nobody declared."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    monkeypatch.setenv("JUNCTURE_HOME", str(tmp_path / "home"))
    pytester.makepyprojecttoml('[project]\nname = "x"\n[tool.juncture]\n')
    pytester.makepyfile(
        """
import sys
NEVER = (
    "configparser",
    "juncture.host.engine",
    "juncture.host.keeper",
    "juncture.isolation.templates",
    "juncture.isolation.server",
    "juncture.merging",
    "juncture.providers",
    "juncture.provisioning.choose",
    "juncture.recording.outcomes",
    "juncture.reporting",
    "juncture.services.kinds",
    "juncture.services.wire.",
    "juncture.testing",
)
def test_modules():
    found = [name for name in sys.modules if name.startswith("juncture.")]
    assert "juncture.pytesting.recorder" in found
    assert [name for name in sys.modules if name.startswith(NEVER)] == []
"""
    )
    pytester.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:cov").assert_outcomes(passed=1)


def test_the_nearest_pyproject_decides(tmp_path: Path) -> None:
    """A project inside a declaring one is its own, and declares nothing."""
    (tmp_path / "pyproject.toml").write_text("[tool.juncture]\n")
    inner = tmp_path / "inner"
    (inner / "deep").mkdir(parents=True)
    assert declaring_folder(inner / "deep") == tmp_path
    (inner / "pyproject.toml").write_text("[project]\n")
    assert declaring_folder(inner / "deep") is None
