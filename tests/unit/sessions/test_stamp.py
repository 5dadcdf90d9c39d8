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


@pytest.mark.parametrize(
    "words",
    [
        ("-r", "requirements.txt"),
        ("-rrequirements.txt",),
        ("-c", "requirements.txt"),
        ("-crequirements.txt",),
        ("--requirement", "requirements.txt"),
        ("--requirement=requirements.txt",),
        ("--constraint=requirements.txt",),
        ("-r", "more/nested.txt"),
        ("-r", "more/spelled.txt"),
        ("-r", "more/circle.txt"),
    ],
    ids=" ".join,
)
def test_files_of_requirements_matter_however_they_are_named(root: Path, words: tuple[str, ...]) -> None:
    """Joined to the option or after it, and in other such files, whose paths count from themselves."""
    more = root / "more"
    more.mkdir()
    (more / "nested.txt").write_text("b==2\n-r ../requirements.txt  # the rest\n")
    (more / "spelled.txt").write_bytes(b"# caf\xe9\n--constraint=../requirements.txt\n")
    (more / "circle.txt").write_text("-r circle.txt\n-r nested.txt\n-c https://example.org/c.txt\n")
    before = of(root, *words)
    assert of(root, *words) == before
    replace("requirements.txt", "1", "2")(root)
    assert of(root, *words) != before


def test_words_that_only_look_like_a_file_are_none(root: Path) -> None:
    """Another option, a package's name, and a file that is not there or is a folder."""
    for words in (["--require-hashes"], ["--constraints", "x"], ["-r", "gone.txt"], ["-r", "."], ["-r"]):
        assert of(root, *words) == of(root, *words)


@pytest.mark.parametrize(
    ("table", "matters"),
    [
        ('dependencies = {file = "requirements.txt"}', True),
        ('dependencies = {file = ["other.txt", "requirements.txt"]}', True),
        ('optional-dependencies.test = {file = ["requirements.txt"]}', True),
        ('readme = {file = "requirements.txt"}', False),
        ('version = {attr = "shop.version"}', False),
    ],
)
def test_files_of_a_dynamic_project_matter(root: Path, table: str, *, matters: bool) -> None:
    """Setuptools takes the requirements from there."""
    with (root / "pyproject.toml").open("a") as file:
        file.write(f"[tool.setuptools.dynamic]\n{table}\n")
    before = of(root, "-e", ".")
    replace("requirements.txt", "1", "2")(root)
    assert (of(root, "-e", ".") != before) is matters


def test_words_and_version_matter(root: Path) -> None:
    """Other words, and another juncture, are another installation."""
    assert len({of(root), of(root, "a"), of(root, "b"), of(root, version="2.0")}) == 4


def test_fresh_is_the_very_digest(tmp_path: Path) -> None:
    """An environment without a stamp, or with another one, is not fresh."""
    assert not is_fresh(tmp_path, "abc")
    (tmp_path / STAMP).write_text("abc")
    assert is_fresh(tmp_path, "abc")
    assert not is_fresh(tmp_path, "abcd")
