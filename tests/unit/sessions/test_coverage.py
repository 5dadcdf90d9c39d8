"""The settings that juncture runs coverage with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from coverage import Coverage

from juncture.errors import ConfigError
from juncture.sessions._arguments import Adopted
from juncture.sessions._coverage import Settings, addopts_with_cov, rcfile, read_settings

if TYPE_CHECKING:
    from pathlib import Path

TOML = """
[tool.coverage.run]
branch = true
omit = ["*/migrations/*", "shop/vendor.py"]
[tool.coverage.report]
exclude_also = ["# pragma: never", "def __repr__", "; odd"]
fail_under = 80.5
[tool.coverage.paths]
source = ["shop", "*/site-packages/shop"]
"""


def as_coverage_reads(tmp_path: Path, settings: Settings, adopted: Adopted | None = None) -> Coverage:
    """Write the file and return coverage's own view of it."""
    text = rcfile(settings, adopted or Adopted(), context="integration", tests=["tests/unit", "tests/integration"])
    (tmp_path / "coverage.ini").write_text(text)
    return Coverage(config_file=str(tmp_path / "coverage.ini"))


def test_what_makes_data_mergeable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process writes a file of its own below the bundle, with relative paths and the suite's context."""
    monkeypatch.setenv("JUNCTURE_COVERAGE_DATA", "/the/bundle/coverage/data")
    coverage = as_coverage_reads(tmp_path, {"run": {"parallel": "false", "data_file": "mine", "patch": "_exit"}})
    assert coverage.get_option("run:data_file") == "/the/bundle/coverage/data"
    assert coverage.get_option("run:parallel") is True
    assert coverage.get_option("run:relative_files") is True
    assert coverage.get_option("run:patch") == ["_exit", "execv", "fork", "subprocess"]
    assert coverage.get_option("run:context") == "integration"


def test_default_source_leaves_the_tests_out(tmp_path: Path) -> None:
    """Without a source of the user's, the root is measured but for the tests and the task files."""
    coverage = as_coverage_reads(tmp_path, {"run": {"omit": "vendor/*"}})
    assert coverage.get_option("run:source") == ["."]
    expected = ["vendor/*", "conftest.py", "noxfile.py", "setup.py", "tasks.py", "tests/*"]
    assert coverage.get_option("run:omit") == expected


@pytest.mark.parametrize("option", ["source", "source_pkgs", "source_dirs", "include"])
def test_own_source_stays(tmp_path: Path, option: str) -> None:
    """A user who says what to measure gets that, and nothing left out."""
    coverage = as_coverage_reads(tmp_path, {"run": {option: "shop"}})
    assert coverage.get_option(f"run:{option}") == ["shop"]
    assert coverage.get_option("run:omit") in (None, [])


def test_test_folders_without_a_common_parent_are_omitted_one_by_one(tmp_path: Path) -> None:
    """A folder that is not below one called tests leaves out itself only."""
    text = rcfile({}, Adopted(), context="unit", tests=["checks/unit", "shop/tests/api"])
    (tmp_path / "c.ini").write_text(text)
    omitted = Coverage(config_file=str(tmp_path / "c.ini")).get_option("run:omit")
    assert isinstance(omitted, list)
    assert {"checks/unit/*", "shop/tests/*"} <= set(omitted)


def test_adopted_options_win(tmp_path: Path) -> None:
    """What the command line said to pytest-cov overrides the file."""
    adopted = Adopted(source=("shop", "other"), branch=True, fail_under="91.5")
    coverage = as_coverage_reads(tmp_path, {"run": {"source": "else"}, "report": {"fail_under": "1"}}, adopted)
    assert coverage.get_option("run:source") == ["shop", "other"]
    assert coverage.get_option("run:branch") is True
    assert coverage.get_option("report:fail_under") == 91.5


def test_toml_means_the_same_afterwards(tmp_path: Path) -> None:
    """Coverage reads out of juncture's file what it would have read out of pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text(TOML)
    coverage = as_coverage_reads(tmp_path, read_settings(tmp_path))
    assert coverage.get_option("run:branch") is True
    assert coverage.get_option("report:fail_under") == 80.5
    assert coverage.get_option("report:exclude_also") == [r"\# pragma: never", "def __repr__", r"\; odd"]
    assert coverage.get_option("paths") == {"source": ["shop", "*/site-packages/shop"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", "[run]\nsource =\n    shop\n    other\n"),
        (".coveragerc.toml", '[run]\nsource = ["shop", "other"]\n'),
        (".coveragerc.toml", '[tool.coverage.run]\nsource = ["shop", "other"]\n'),
        ("setup.cfg", "[metadata]\nname = x\n[coverage:run]\nsource = shop, other\n"),
        ("tox.ini", "[tox]\nenvlist = x\n[coverage:run]\nsource = shop, other\n"),
        ("pyproject.toml", '[tool.coverage.run]\nsource = ["shop", "other"]\n'),
    ],
)
def test_every_file_that_coverage_reads(tmp_path: Path, name: str, text: str) -> None:
    """The settings are found wherever coverage would find them."""
    (tmp_path / name).write_text(text)
    assert as_coverage_reads(tmp_path, read_settings(tmp_path)).get_option("run:source") == ["shop", "other"]


def test_first_file_wins(tmp_path: Path) -> None:
    """A .coveragerc hides the others, even an empty one; a setup.cfg without coverage's sections hides none."""
    (tmp_path / "pyproject.toml").write_text(TOML)
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = x\n")
    assert read_settings(tmp_path)["run"]["branch"] == "true"
    (tmp_path / ".coveragerc").touch()
    assert read_settings(tmp_path) == {}


def test_named_file_is_the_only_one(tmp_path: Path) -> None:
    """``--cov-config`` names the file, and a missing one is an error."""
    (tmp_path / ".coveragerc").write_text("[run]\nsource = no\n")
    (tmp_path / "mine.ini").write_text("[run]\nsource = yes\n")
    assert read_settings(tmp_path, "mine.ini")["run"]["source"] == "yes"
    with pytest.raises(ConfigError, match=r"nowhere\.ini"):
        read_settings(tmp_path, "nowhere.ini")


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    """A broken settings file is an error of the user's, with its name."""
    (tmp_path / ".coveragerc").write_text("no section\n")
    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path)
    assert caught.value.where == ".coveragerc"


def test_nested_table_is_an_error(tmp_path: Path) -> None:
    """What an ini file can't say is never lost silently."""
    (tmp_path / "pyproject.toml").write_text("[tool.coverage.plugin.rules]\nx = 1\n")
    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path)
    assert caught.value.where == "pyproject.toml: tool.coverage.plugin.rules"
    assert ".coveragerc" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -x --cov=shop\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "--cov"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["--cov-report=xml"]\n'),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["--cov=shop"]\n'),
        ("pytest.toml", '[pytest]\naddopts = ["--cov=shop"]\n'),
        ("tox.ini", "[pytest]\naddopts = --cov\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = --cov\n"),
    ],
)
def test_standing_options_with_cov_are_found(tmp_path: Path, name: str, text: str) -> None:
    """A second owner of coverage is found in every file that pytest reads."""
    (tmp_path / name).write_text(text)
    assert addopts_with_cov(tmp_path, {}) == f"{name}: addopts"


def test_standing_options_of_the_environment() -> None:
    """The environment's options count too."""
    from pathlib import Path  # noqa: PLC0415

    assert addopts_with_cov(Path("/nonexistent"), {"PYTEST_ADDOPTS": "-q --cov=x"}) == "PYTEST_ADDOPTS"


@pytest.mark.parametrize("addopts", ["-x", "--no-cov", "--no-cov-on-fail", "--covert"])
def test_standing_options_without_cov(tmp_path: Path, addopts: str) -> None:
    """Options that measure nothing are no second owner."""
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {addopts}\n")
    assert addopts_with_cov(tmp_path, {}) == ""


def test_file_that_pytest_passes_over_does_not_count(tmp_path: Path) -> None:
    """Only the file that pytest takes is looked at."""
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\naddopts = --cov\n")
    assert addopts_with_cov(tmp_path, {}) == ""
