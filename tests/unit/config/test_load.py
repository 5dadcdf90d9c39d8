"""Tests of ``juncture.config._load``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from juncture.config import KindSchema, Source, find_root, load
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, content: str | bytes) -> Path:
    """Write a pyproject.toml, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def message(root: Path) -> str:
    """Return what ``load`` raises."""
    with pytest.raises(ConfigError) as raised:
        load(root, kinds={})
    return str(raised.value)


def test_file_is_read_with_all_layers(tmp_path: Path, kinds: dict[str, KindSchema]) -> None:
    """The file, the environment and the command line reach the parser."""
    write(tmp_path, '[project]\nname = "shop"\n[tool.juncture.services.db]\nkind = "postgres"\n')
    config = load(tmp_path, kinds=kinds, environ={"JUNCTURE_SHARDS": "3"}, overrides={"provider": "docker"})
    assert (config.root, config.project, config.named) == (tmp_path.resolve(), "shop", True)
    assert (config.shards, config.provider, config.service("db").kind) == (3, "docker", "postgres")
    assert config.sources["services.db.kind"] == Source("pyproject", "pyproject.toml")


@pytest.mark.parametrize("project", ["", "[project]\n", '[project]\nname = ""\n'])
def test_project_without_a_name_has_that_of_the_folder(tmp_path: Path, project: str) -> None:
    """An application that is never built still has a name."""
    config = load(write(tmp_path / "billing", f"{project}[tool.juncture]\n"), kinds={})
    assert (config.project, config.named) == ("billing", False)


def test_root_is_the_real_folder(tmp_path: Path) -> None:
    """One checkout that is reached by two paths is one project."""
    write(tmp_path / "real", "[tool.juncture]\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert load(tmp_path / "link", kinds={}).root == (tmp_path / "real").resolve()


def test_missing_file_is_told_with_the_next_step(tmp_path: Path) -> None:
    """Without a file the user learns what to write."""
    head, hint = message(tmp_path).splitlines()
    assert head == f"{tmp_path / 'pyproject.toml'}: there is no such file"
    assert hint.startswith("  create it and add [tool.juncture] to it")


def test_missing_table_is_told_with_the_next_step(tmp_path: Path) -> None:
    """Without a table the user learns what to write."""
    head, hint = message(write(tmp_path, '[project]\nname = "shop"\n')).splitlines()
    assert head == f"{tmp_path / 'pyproject.toml'}: has no [tool.juncture]"
    assert hint.startswith("  add [tool.juncture] to it")


def test_unreadable_file_is_told(tmp_path: Path) -> None:
    """What the system says is passed on."""
    (tmp_path / "pyproject.toml").mkdir()
    assert message(tmp_path).startswith(f"{tmp_path / 'pyproject.toml'}: can't be read: Is a directory\n")


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        ("[tool.juncture]\nshards 4\n", ":2:8", "Expected '=' after a key in a key/value pair"),
        ("[tool.juncture]\r\nshards = [1,", ":2:13", "Invalid value"),
        ("[tool.juncture]\nshards = 1\nshards = 2\n", ":3:11", "Cannot overwrite a value"),
        ("[tool.juncture]\nshards = " + "9" * 5000, "", "Exceeds the limit"),
        ("[tool.juncture]\nunit = " + "[" * 100_000, "", ""),
    ],
    ids=["no value", "end of file", "twice", "huge", "deep"],
)
def test_invalid_toml_is_told_with_its_place(tmp_path: Path, content: str, place: str, what: str) -> None:
    """The file, and where the reader tells them the line and the column, are named."""
    told = message(write(tmp_path, content))
    assert told.startswith(f"{tmp_path / 'pyproject.toml'}{place}: not valid TOML: {what}")
    assert "(at " not in told


def test_other_encoding_is_told_with_its_place(tmp_path: Path) -> None:
    """The first byte that is no UTF-8 is named by line and column."""
    told = message(write(tmp_path, b'[tool.juncture]\nreports = "caf\xe9"\n'))
    assert told == f"{tmp_path / 'pyproject.toml'}:2:15: not UTF-8\n  save the file as UTF-8"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("tool = 5", "pyproject.toml: tool: must be a table, not a number"),
        ("[tool]\njuncture = 5", "pyproject.toml: tool.juncture: must be a table, not a number"),
        ("project = 5\n[tool.juncture]", "pyproject.toml: project: must be a table, not a number"),
        ("[project]\nname = 5\n[tool.juncture]", "pyproject.toml: project.name: must be a string, not a number"),
    ],
)
def test_wrong_outer_table_is_told(tmp_path: Path, content: str, line: str) -> None:
    """What stands around the table is checked where it is used."""
    assert message(write(tmp_path, content)) == line


def test_root_is_found_from_below(tmp_path: Path) -> None:
    """The nearest folder upwards with the table is the root, whether the start is a folder, a file or not there."""
    root = write(tmp_path / "shop", "[tool.juncture]\n")
    write(tmp_path, "[tool.juncture]\n")
    inner = root / "tests" / "unit"
    inner.mkdir(parents=True)
    for start in (root, inner, inner / "test_missing.py", root / "pyproject.toml"):
        assert find_root(start) == root.resolve()


def test_root_passes_over_files_without_the_table(tmp_path: Path) -> None:
    """A pyproject.toml of another purpose, even one that only mentions juncture, is no root."""
    root = write(tmp_path / "a", "[tool.juncture]\n")
    write(root / "b", '[project]\ndependencies = ["juncture"]\n')
    write(root / "b" / "c", "tool = 5 # juncture\n")
    (root / "b" / "c" / "d" / "pyproject.toml").mkdir(parents=True)
    assert find_root(root / "b" / "c" / "d") == root.resolve()


def test_broken_file_of_another_project_is_passed_over(tmp_path: Path) -> None:
    """A file that never says juncture is not even parsed."""
    root = write(tmp_path / "a", "[tool.juncture]\n")
    assert find_root(write(root / "b", "not toml")) == root.resolve()


def test_broken_file_that_says_juncture_is_told(tmp_path: Path) -> None:
    """A declaration with a slip is an error, not the absence of one."""
    write(tmp_path, "[tool.juncture]\nshards 4\n")
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'pyproject.toml'}:2:8: not valid TOML")):
        find_root(tmp_path)


def test_no_root_is_none(tmp_path: Path) -> None:
    """Where no folder upwards has the table there is no root."""
    write(tmp_path, "[project]\n")
    assert find_root(tmp_path) is None
