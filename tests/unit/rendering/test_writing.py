"""Files on disk: written as a whole, never over somebody's own, and every hand edit is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pipelines import declared, rendered

from juncture.config import load
from juncture.errors import ConfigError, DriftError, UsageError
from juncture.rendering.files import MARK, File, head
from juncture.rendering.lock import NOTHING
from juncture.rendering.writing import check, differences, layout_of, read_lock, repository_of, write
from juncture.services import schemas

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.config import Config
    from juncture.rendering.pipeline import Layout

FILE = File("ci/jobs.yml", f"# {MARK}\njobs: 1\n")

EDITS = [
    (r"57c72fd2", "57c72fd3"),  # another image
    (r"@sha256:57c7\w+", ""),
    (r"POSTGRES_PASSWORD: juncture", "POSTGRES_PASSWORD: secret"),
    (r"127\.0\.0\.1:5432:5432", "5432:5432"),
    (r"v7\.0\.1", "v7.0.2"),
    (r"3d3c42e5", "3d3c42e6"),
    (r"persist-credentials: false", "persist-credentials: true"),
    (r"permissions: \{\}\n", ""),
    (r"contents: read", "contents: write"),
    (r"fail-fast: false", "fail-fast: true"),
    (r"shard: \[1, 2, 3, 4\]", "shard: [1, 2, 3]"),
    (r"--expect integration=4", "--expect integration=3"),
    (r"(--job \"unit=.*\n)", "# \\1"),
    (r"if: \$\{\{ always\(\) \}\}\n    runs", "runs"),
    (r"needs: \[plan, unit, integration\]", "needs: [plan, integration]"),
    (r"timeout-minutes: 30", "timeout-minutes: 360"),
    (r"nox -s unit", "nox -s unit || true"),
    (r"\n", "\r\n"),
    (r"\n\Z", ""),
    (r"\Z", "\n"),
    (r"  plan:", "  Plan:"),
    (r"(run: nox -s integration)", "\\1 "),
]
"""Hand edits, of which each changes what the jobs do, or only how they are written."""


def place(config: Config) -> Layout:
    """Return where a project is."""
    return layout_of(config, repository_of(config.root))


@pytest.mark.parametrize(("pattern", "by"), EDITS)
def test_a_hand_edit_is_found(tmp_path: Path, pattern: str, by: str) -> None:
    """Whatever is edited, --check names the file and shows the lines."""
    (file,) = rendered("six-services", "github")
    write([file], tmp_path)
    check([file], tmp_path)
    edited = re.sub(pattern, by, file.text, count=1)
    assert edited != file.text
    (tmp_path / file.path).write_bytes(edited.encode())
    with pytest.raises(DriftError, match=r"1 file is not what the declaration says: .github/workflows/juncture.yml"):
        check([file], tmp_path)
    assert {"-", "+"} & {line[:1] for line in differences([file], tmp_path)[2:]}


def test_a_missing_file_is_drift(tmp_path: Path) -> None:
    """A file that was removed is found, and shown as a whole."""
    with pytest.raises(DriftError, match=r"ci/jobs.yml"):
        check([FILE], tmp_path)
    assert differences([FILE], tmp_path) == [
        *("--- /dev/null", "+++ ci/jobs.yml (as declared)", "@@ -0,0 +1,2 @@", f"+# {MARK}", "+jobs: 1")
    ]


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """What is up to date is left alone, down to the time of its last change."""
    assert write([FILE], tmp_path) == [("ci/jobs.yml", "written")]
    before = (tmp_path / FILE.path).stat()
    assert write([FILE], tmp_path) == [("ci/jobs.yml", "unchanged")]
    assert (tmp_path / FILE.path).stat() == before
    assert write([File(FILE.path, f"{FILE.text}more: 1\n")], tmp_path) == [("ci/jobs.yml", "changed")]
    assert [path.name for path in (tmp_path / "ci").iterdir()] == ["jobs.yml"]


def test_somebodys_own_file_is_never_written_over(tmp_path: Path) -> None:
    """A file without juncture's head stops the command before anything is written, and the way out is told."""
    own = tmp_path / "own.yml"
    own.write_text("jobs: mine\n")
    with pytest.raises(UsageError, match=r"own.yml: juncture did not write this file") as raised:
        write([FILE, File("own.yml", FILE.text)], tmp_path)
    assert "move it away" in str(raised.value)
    assert own.read_text() == "jobs: mine\n"
    assert not (tmp_path / FILE.path).exists()


def test_another_projects_file_is_never_written_over(tmp_path: Path) -> None:
    """Two projects of a repository have one path for a workflow: the second one stops, and is told what it can do."""
    first, second = (File(FILE.path, f"{head(f'{folder}/pyproject.toml')}\njobs: 1\n") for folder in ("shop", "mail"))
    write([first], tmp_path)
    with pytest.raises(UsageError, match=r"ci/jobs.yml: it is rendered from shop/pyproject.toml, and this") as raised:
        write([File("other.yml", second.text), second], tmp_path)
    assert "mail/pyproject.toml" in str(raised.value)
    assert "`platforms`" in str(raised.value)
    assert (tmp_path / FILE.path).read_text() == first.text
    assert not (tmp_path / "other.yml").exists()


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    """A path that can't be read is named."""
    (tmp_path / FILE.path).mkdir(parents=True)
    with pytest.raises(UsageError, match=r"ci/jobs.yml: can't be read: Is a directory"):
        write([FILE], tmp_path)


def test_layout_of_a_project_in_a_repository(tmp_path: Path) -> None:
    """A project below the repository's folder shares its noxfile, unless it has its own."""
    root = tmp_path / "apps" / "shop"
    (root / "tests" / "unit").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "noxfile.py").touch()
    (root / "pyproject.toml").write_text("[tool.juncture]\n")
    config = load(root, kinds=schemas())
    assert repository_of(root) == tmp_path
    shared = place(config)
    assert (shared.project, shared.nox, shared.unit, shared.integration) == ("apps/shop", "", True, False)
    (root / "noxfile.py").touch()
    assert place(config).nox == "apps/shop"


def test_checkout_without_git(tmp_path: Path) -> None:
    """A job in an image without git has no .git: the platform says where the checkout is, if the project is in it."""
    root = tmp_path / "apps" / "shop"
    root.mkdir(parents=True)
    assert repository_of(root) == root
    assert repository_of(root, {"GITHUB_WORKSPACE": str(tmp_path)}) == tmp_path
    assert repository_of(root, {"CI_PROJECT_DIR": str(tmp_path / "other")}) == root


def test_layout_of_a_project_on_its_own(tmp_path: Path) -> None:
    """Without a repository around it, or at its top, a project has no folder to name."""
    (tmp_path / "pyproject.toml").write_text('[tool.juncture.services.db]\nkind = "postgres"\n')
    alone = place(load(tmp_path, kinds=schemas()))
    assert (alone.project, alone.nox, alone.unit, alone.integration) == ("", "", False, True)


def test_lock_of_a_project(tmp_path: Path) -> None:
    """A project without a lock has an empty one; a file that is none is an error."""
    assert read_lock(tmp_path) == NOTHING
    (tmp_path / "juncture.lock").write_text("version = 9\n")
    with pytest.raises(ConfigError, match=r"juncture.lock: it is of version 9, this juncture reads 1"):
        read_lock(tmp_path)


def test_names_of_declarations() -> None:
    """The declarations that these tests share can be parsed."""
    assert declared("six-services").shards == 4
