"""What is rendered, judged by the tools that people judge theirs by: none of them has anything to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate  # type: ignore[import-untyped] # it has no types
import pytest
import yaml
from pipelines import DECLARATIONS, EVERYWHERE, LOCK, rendered

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = Path(__file__).parents[3]
SAMPLES = OWN / "templates" / "samples"
BIN = Path(sys.executable).parent
YAMLLINT = """
extends: default
rules:
  document-start: disable
  line-length: {max: 140, allow-non-breakable-inline-mappings: true}
  comments: {min-spaces-from-content: 1}
  truthy: {check-keys: false}
"""
COMPOSED = [name for name in DECLARATIONS if name != "nothing"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return the folders of the rendered files, by platform, with a file for each declaration."""
    root = tmp_path_factory.mktemp("rendered")
    every = {platform: root / platform for platform in (*EVERYWHERE, "compose")}
    for platform, folder in every.items():
        folder.mkdir()
        for name in COMPOSED if platform == "compose" else DECLARATIONS:
            (file,) = rendered(name, platform)
            (folder / f"{name}.yml").write_text(file.text)
    for platform in ("github", "github-reusable", "gitlab"):  # no other can keep a baseline
        table = {"shards": 2, "gates": {"drop": 0.5}}
        config = parse(table, root=Path("/project"), kinds=schemas(), project="shop")
        (file,) = render(config, LOCK, Layout(), [platform])
        (every[platform] / "baseline.yml").write_text(file.text)
    return every


def run(*words: object) -> str:
    """Return what a tool says, with its exit code in front where that is not 0."""
    done = subprocess.run([str(BIN / str(words[0])), *map(str, words[1:])], capture_output=True, text=True, check=False)
    return f"{done.returncode or ''}{done.stdout}{done.stderr}".strip()


def workflows(folders: Mapping[str, Path]) -> list[Path]:
    """Return all files that are GitHub's, the samples and our own among them."""
    files = [path for name in ("github", "github-reusable") for path in folders[name].iterdir()]
    return sorted([*files, *(SAMPLES / "github").iterdir(), OWN / ".github" / "workflows" / "juncture.yml"])


def test_zizmor_finds_nothing(folders: Mapping[str, Path]) -> None:
    """Not even its strictest persona has a finding in the workflows of thirteen declarations."""
    said = run("zizmor", "--offline", "--persona=auditor", "--quiet", "--format=json-v1", *workflows(folders))
    assert said == "[]"


def test_actionlint_finds_nothing(folders: Mapping[str, Path]) -> None:
    """Expressions, contexts, needs and shell scripts make sense."""
    assert run("actionlint", *workflows(folders)) == ""


def test_workflows_fit_the_schema(folders: Mapping[str, Path]) -> None:
    """They are workflows as GitHub's schema has them, and each job has a timeout."""
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        assert run("check-jsonschema", "--builtin-schema", schema, *workflows(folders)) == "ok -- validation done"


def test_pipelines_fit_the_schema(folders: Mapping[str, Path]) -> None:
    """They are pipelines as GitLab's schema has them."""
    files = [path for name in ("gitlab", "gitlab-include") for path in folders[name].iterdir()]
    files += [*(SAMPLES / "gitlab").iterdir(), OWN / ".gitlab-ci.yml"]
    words = ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", *files)
    assert run(*words) == "ok -- validation done"


def test_components_are_pipelines_once_their_inputs_are_known(folders: Mapping[str, Path], tmp_path: Path) -> None:
    """What stands behind a component's header is a pipeline as soon as GitLab has put the inputs in."""
    files = []
    for path in sorted(folders["gitlab-component"].iterdir()):
        header, _, jobs = path.read_text().partition("\n---\n")
        inputs: dict[str, Any] = yaml.safe_load(header)["spec"]["inputs"]
        for name, known in inputs.items():
            jobs = jobs.replace(f"$[[ inputs.{name} ]]", str(known["default"]))
        assert "$[[" not in jobs
        files.append(tmp_path / path.name)
        files[-1].write_text(jobs)
    words = ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", *files)
    assert run(*words) == "ok -- validation done"


def test_compose_files_fit_the_schema(folders: Mapping[str, Path]) -> None:
    """They are compose files as the specification's schema has them."""
    files = sorted(folders["compose"].iterdir())
    assert run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files) == "ok -- validation done"


def test_yamllint_finds_nothing(folders: Mapping[str, Path]) -> None:
    """They are formed as people form theirs: lines, blanks, comments, quotes."""
    own = (SAMPLES, OWN / ".github", OWN / ".gitlab-ci.yml")
    assert run("yamllint", "--strict", "-d", YAMLLINT, *folders.values(), *own) == ""


def test_jobs_fit_the_schema_of_kubernetes() -> None:
    """The API takes the Job and the claim, and knows each key in them."""
    (file,) = rendered("container-jobs", "kubernetes")
    documents = list(yaml.safe_load_all(file.text))
    assert [document["kind"] for document in documents] == ["PersistentVolumeClaim", "Job"]
    for document in documents:
        kubernetes_validate.validate(document, "1.34", strict=True)
