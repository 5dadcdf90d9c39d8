"""Changed lines out of real repositories, beside what diff-cover makes of the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import CoverageData

from juncture.config import parse
from juncture.merging.baseline import Baseline
from juncture.merging.coverage import combine
from juncture.merging.gates import judge
from juncture.merging.revision import changes_since

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD = "def f(x):\n    if x:\n        return 1\n    return 2\n\n\ndef g():\n    return 3\n"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with the branches main and topic, the second one checked out."""

    root: Path

    def git(self, *words: str) -> str:
        """Run Git without anybody's settings."""
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**os.environ, **own, **names},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-qm", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository in which main went on after topic had left it."""
    made = Repository(tmp_path / "repository")
    made.root.mkdir()
    made.git("init", "-q", "-b", "main")
    made.write("shop/a.py", OLD)
    made.write("shop/gone.py", OLD)
    made.write("shop/moved.py", OLD * 3)
    made.commit()
    made.git("checkout", "-qb", "topic")
    made.git("checkout", "-q", "main")
    made.write("shop/a.py", OLD.replace("return 3", "return 33"))
    made.commit()
    made.git("checkout", "-q", "topic")
    return made


def changed(repository: Repository, base: str = "main", folder: str = ".") -> dict[str, set[int]]:
    """Return the changed lines, where there is no problem."""
    changes = changes_since(base, repository.root / folder)
    assert changes.problem == ""
    return {name: set(lines) for name, lines in changes.lines.items()}


def test_what_the_branch_changed_counts_and_nothing_else(repository: Repository) -> None:
    """Its commits and what is not committed yet, from where it left main; what main did since is not its change."""
    repository.write("shop/a.py", OLD.replace("return 1", "return 11"))
    repository.write("shop/ä b.py", "x = 1\n")
    (repository.root / "shop" / "gone.py").unlink()
    repository.git("mv", "shop/moved.py", "shop/here.py")
    repository.commit()
    repository.write("shop/a.py", OLD.replace("return 1", "return 11") + "y = 2\n")
    assert changed(repository) == {"shop/a.py": {3, 9}, "shop/ä b.py": {1}}


def test_the_base_itself_has_changed_nothing(repository: Repository) -> None:
    """A job of the main branch, told to compare with that branch, has no line to judge."""
    repository.git("checkout", "-q", "main")
    assert changed(repository) == {}


def test_names_count_from_the_root_of_the_project(repository: Repository) -> None:
    """A project in a folder of a repository sees its own files alone, by its own names."""
    repository.write("shop/a.py", OLD + "y = 2\n")
    repository.write("other/a.py", "x = 1\n")
    repository.commit()
    assert changed(repository, folder="shop") == {"a.py": {9}}


def test_settings_of_the_user_change_nothing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours, prefixes, other diff programs and more context are no part of what is read."""
    repository.write("shop/a.py", OLD.replace("return 1", "return 11"))
    repository.commit()
    for key, value in {
        "color.ui": "always",
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.context": "9",
        "diff.interHunkContext": "9",
        "diff.external": "false",
        "diff.algorithm": "patience",
    }.items():
        repository.git("config", key, value)
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert changed(repository) == {"shop/a.py": {3}}


@pytest.mark.parametrize("base", ["nowhere", "-x", "--output=x", "0" * 40])
def test_base_that_is_not_there_is_a_problem(repository: Repository, base: str) -> None:
    """A shallow clone has no main; what to do about it is said."""
    changes = changes_since(base, repository.root)
    assert changes.problem.startswith(f"git can't compare with {base}: ")
    assert "fetch-depth: 0" in changes.problem
    assert changes.lines == {}


def test_histories_without_a_common_commit_are_a_problem(repository: Repository) -> None:
    """There is nothing that the change began at."""
    repository.git("checkout", "-q", "--orphan", "island")
    repository.write("other.py", "x = 1\n")
    repository.commit()
    assert "no common history" in changes_since("main", repository.root).problem


def test_no_base_no_repository_and_no_git_are_problems(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told in a sentence."""
    assert changes_since("", repository.root).problem == "there is no base revision to compare with"
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "not a git repository" in changes_since("main", tmp_path).problem
    monkeypatch.setenv("PATH", str(tmp_path))
    assert changes_since("main", repository.root).problem == "git is not installed"


@pytest.fixture
def measured_repository(repository: Repository) -> Iterator[Repository]:
    """Return a repository whose topic changed much, and of which half was measured."""
    repository.write(
        "shop/a.py", OLD.replace("return 2", "y = (\n        1 +\n        2\n    )\n    return y") + "\n# end\n"
    )
    repository.write("shop/new.py", OLD.replace("def g", "@print\ndef g"))
    repository.write("docs/x.md", "text\n")
    repository.git("mv", "shop/moved.py", "shop/here.py")
    repository.write("shop/here.py", OLD * 3 + "x = 1\nif x > 1:\n    x = 2\n")
    repository.commit()
    bundle = repository.root / "bundle"
    bundle.mkdir()
    data: CoverageData = CoverageData(str(bundle / "data.host.pid1.Xa"))
    data.add_lines({"shop/a.py": [1, 2, 4, 8, 11], "shop/new.py": [1, 2, 3, 7], "shop/here.py": [1, 25, 26]})
    data.write()
    data.close()
    (repository.root / "coverage.ini").write_text("[run]\nrelative_files = true\n")
    yield repository
    assert "shop" not in repository.git("status", "--porcelain")


def test_figures_are_those_of_diff_cover(measured_repository: Repository) -> None:
    """The share and the lines that did not run are what diff-cover finds in the same report and repository."""
    root = measured_repository.root
    out = root / "out"
    out.mkdir()
    measured = combine([root / "bundle"], out, root / "coverage.ini", root)
    program = str(Path(sys.executable).with_name("diff-cover"))
    command = [program, "out/coverage.xml", "--compare-branch=main", "--format", "json:diff.json", "--quiet"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    theirs = json.loads((root / "diff.json").read_text())
    config = parse({"gates": {"changed": 99}}, root=root, kinds={}, project="shop")
    changes = changes_since("main", root)
    (verdict,) = judge(config, measured, (), changes, Baseline())
    ran, whole = theirs["total_num_lines"] - theirs["total_num_violations"], theirs["total_num_lines"]
    assert theirs["total_num_violations"] > 0
    assert verdict.reason == f"{ran} of {whole} lines since main"
    assert verdict.actual is not None
    assert int(verdict.actual) == theirs["total_percent_covered"]
    assert measured is not None
    for name, file in theirs["src_stats"].items():
        missing = changes.lines[name].intersection(measured.lines[name].missing)
        assert sorted(missing) == file["violation_lines"]
