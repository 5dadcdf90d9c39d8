"""Whether an environment already holds what it should."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from juncture.sessions._stamp import STAMP, digest, is_fresh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PYPROJECT = '[project]\nname = "shop"\ndependencies = ["a"]\n[tool.hatch]\nx = 1\n[tool.ruff]\ny = 1\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "juncture.whl").write_text("1")
    return tmp_path


def of(root: Path, *words: str, version: str = "1.0") -> str:
    """Return the digest of a project's installation."""
    words = words or ("-r", "requirements.txt", "juncture.whl")
    return digest(words, root=root, projects=[root], version=version)


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a change to one file of the project."""

    def change(root: Path) -> None:
        (root / name).write_text((root / name).read_text().replace(old, new))

    return change


def touch_wheel(root: Path) -> None:
    """Build the wheel again, of the same size."""
    os.utime(root / "juncture.whl", (1, 1))


def add_setup(root: Path) -> None:
    """Give the project a setup.py."""
    (root / "setup.py").write_text("x")


@pytest.mark.parametrize(
    "change",
    [
        replace("pyproject.toml", '"a"', '"b"'),
        replace("pyproject.toml", "x = 1", "x = 2"),
        replace("requirements.txt", "1", "2"),
        touch_wheel,
        add_setup,
    ],
)
def test_change_that_matters(root: Path, change: Callable[[Path], None]) -> None:
    """Whatever could change an installation changes the digest."""
    before = of(root)
    change(root)
    assert of(root) != before


def test_change_that_does_not_matter(root: Path) -> None:
    """A linter's settings install nothing."""
    before = of(root)
    replace("pyproject.toml", "y = 1", "y = 2")(root)
    assert of(root) == before


def test_words_and_version_matter(root: Path) -> None:
    """Other words, and another juncture, are another installation."""
    assert len({of(root), of(root, "a"), of(root, "b"), of(root, version="2.0")}) == 4


def test_fresh_is_the_very_digest(tmp_path: Path) -> None:
    """An environment without a stamp, or with another one, is not fresh."""
    assert not is_fresh(tmp_path, "abc")
    (tmp_path / STAMP).write_text("abc")
    assert is_fresh(tmp_path, "abc")
    assert not is_fresh(tmp_path, "abcd")
