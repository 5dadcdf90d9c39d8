"""What a session's environment needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from nox.project import dependency_groups

from juncture.errors import ConfigError
from juncture.sessions._requirements import checkout_of, own_requirement, project_requirements, read_pyproject

if TYPE_CHECKING:
    from pathlib import Path

BUILT: dict[str, Any] = {"build-system": {"requires": ["hatchling"]}, "project": {"name": "shop"}}
LISTED: dict[str, Any] = {"project": {"name": "shop", "dependencies": ["fastapi"]}}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the package's folder in a checkout of juncture."""
    package = tmp_path / "ci" / "juncture"
    package.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "juncture"\n')
    return package


def test_checkout_is_installed_editable(checkout: Path, tmp_path: Path) -> None:
    """Imported from a checkout, that checkout is what gets installed."""
    assert own_requirement(checkout, "1.0", "") == ("--editable", str(tmp_path))


def test_folder_of_another_project_is_no_checkout(checkout: Path, tmp_path: Path) -> None:
    """A ``ci`` folder into which someone copied the package is not juncture's checkout."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    assert checkout_of(checkout) is None
    assert own_requirement(checkout, "1.0", "") == ("juncture==1.0",)


def test_wheel_that_is_still_there(tmp_path: Path) -> None:
    """Installed from a local wheel, the sessions get the same wheel."""
    wheel = tmp_path / "with space" / "juncture-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    record = json.dumps({"url": wheel.as_uri(), "archive_info": {}})
    assert own_requirement(tmp_path / "site-packages" / "juncture", "1.0", record) == (str(wheel),)


@pytest.mark.parametrize(
    ("record", "requirement"),
    [
        ({"url": "file:///gone/juncture-1.0-py3-none-any.whl", "archive_info": {}}, "juncture==1.0"),
        ({"url": "https://example.org/j.whl", "archive_info": {}}, "juncture @ https://example.org/j.whl"),
        (
            {"url": "https://example.org/j", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "juncture @ git+https://example.org/j@abc",
        ),
    ],
)
def test_other_origins(tmp_path: Path, record: dict[str, Any], requirement: str) -> None:
    """An index, an address and a commit each lead back to what is imported."""
    assert own_requirement(tmp_path, "1.0", json.dumps(record)) == (requirement,)


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ({}, ()),
        (BUILT, ("--editable", ".")),
        (LISTED, ("fastapi",)),
        (BUILT | {"dependency-groups": {"test": ["pytest-mock"]}}, ("--editable", ".", "pytest-mock")),
        (BUILT | {"dependency-groups": {"Tests": ["a"], "dev": ["b"]}}, ("--editable", ".", "a")),
        (
            BUILT | {"dependency-groups": {"dev": ["b", {"include-group": "c"}], "c": ["c"]}},
            ("--editable", ".", "b", "c"),
        ),
        (BUILT | {"dependency-groups": {"docs": ["sphinx"]}}, ("--editable", ".")),
        ({"dependency-groups": {"test": ["a"]}}, ("a",)),
        (BUILT | {"project": {"optional-dependencies": {"test": ["a"]}}}, ("--editable", ".[test]")),
        (
            {"project": {"dependencies": ["x"], "optional-dependencies": {"tests": ["a"]}}},
            ("x", "a"),
        ),
        (
            BUILT | {"project": {"optional-dependencies": {"test": ["a"]}}, "dependency-groups": {"test": ["b"]}},
            ("--editable", ".", "b"),
        ),
        (
            BUILT | {"project": {"optional-dependencies": {"test": ["a"]}}, "dependency-groups": {"dev": ["b"]}},
            ("--editable", ".[test]"),
        ),
        (BUILT | {"tool": {"uv": {"package": False}}}, ()),
    ],
)
def test_project(tmp_path: Path, pyproject: dict[str, Any], expected: tuple[str, ...]) -> None:
    """The project is installed as it is built, with the first set of requirements that is meant for tests."""
    assert project_requirements(tmp_path, pyproject, dependency_groups) == expected


@pytest.mark.parametrize("name", ["src", "setup.py"])
def test_project_without_build_system_that_is_a_package_all_the_same(tmp_path: Path, name: str) -> None:
    """A source folder or a setup.py says that there is something to install."""
    if name == "src":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()
    assert project_requirements(tmp_path, LISTED, dependency_groups) == ("--editable", ".")


def test_missing_pyproject_is_empty(tmp_path: Path) -> None:
    """A folder without a pyproject.toml has no requirements."""
    assert read_pyproject(tmp_path) == {}


def test_broken_pyproject_is_named(tmp_path: Path) -> None:
    """A file that is no TOML is named, with the place of the mistake."""
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(ConfigError, match="line 1") as caught:
        read_pyproject(tmp_path)
    assert caught.value.where == str(tmp_path / "pyproject.toml")
