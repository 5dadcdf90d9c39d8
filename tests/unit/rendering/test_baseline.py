"""The gate on what coverage loses: rendered merges have the main branch's last result to compare with."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.errors import ConfigError
from juncture.merging.baseline import parse_baseline
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

DROP = '[gates]\ndrop = 0.5\n[ci]\nbranches = ["trunk", "release/*"]'
KEPT = "apps/shop/reports/merged/coverage.json"


def rendered(platform: str, text: str = DROP) -> dict[Any, Any]:
    """Return the parsed file of a platform for a project in a folder of its repository."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(project="apps/shop", nox="apps/shop"), [platform])
    document = yaml.safe_load(file.text)
    assert isinstance(document, dict)
    return document


def steps() -> list[dict[str, Any]]:
    """Return the steps of GitHub's merge."""
    found = rendered("github")["jobs"]["merge"]["steps"]
    assert isinstance(found, list)
    return found


def test_github_keeps_the_coverage_of_the_main_branch() -> None:
    """The newest that the main branch kept is fetched, compared with, and replaced by a good merge of that branch."""
    used = [step for step in steps() if "actions/cache/" in step.get("uses", "") and step["with"]["path"] == KEPT]
    fetch, keep = used
    assert fetch["with"]["restore-keys"] == "juncture-baseline-"
    assert (
        keep["with"]["key"]
        == fetch["with"]["key"]
        == "juncture-baseline-${{ github.run_id }}-${{ github.run_attempt }}"
    )
    assert keep["if"] == "${{ github.ref == 'refs/heads/trunk' }}"
    (merge,) = (step["run"] for step in steps() if step["name"] == "Merge")
    assert "--baseline reports/merged/coverage.json" in merge
    names = [step["name"] for step in steps()]
    assert names.index(fetch["name"]) < names.index("Merge") < names.index(keep["name"])


def test_gitlab_keeps_the_coverage_of_the_main_branch() -> None:
    """Every pipeline reads it, those of the main branch alone write it."""
    document = rendered("gitlab")
    (cache,) = (each for each in document["merge"]["cache"] if each["paths"] == [KEPT])
    assert (cache["key"], cache["policy"], cache["unprotect"]) == ("juncture-baseline", "$BASELINE_POLICY", True)
    assert document["variables"] == {"BASELINE_POLICY": "pull"}
    told = {rule["if"]: rule.get("variables") for rule in document["workflow"]["rules"]}
    assert [name for name, variables in told.items() if variables] == ['$CI_COMMIT_BRANCH == "trunk"']
    assert told['$CI_COMMIT_BRANCH == "trunk"'] == {"BASELINE_POLICY": "pull-push"}
    assert "--baseline reports/merged/coverage.json" in document["merge"]["script"][-1]


def first_baseline(platform: str) -> str:
    """Return the commands that a merge has before the merging itself."""
    if platform == "gitlab":
        return "\n".join(rendered("gitlab")["merge"]["script"][:-1])
    (merge,) = (step["run"] for step in steps() if step["name"] == "Merge")
    return str(merge).partition("nox ")[0]


@pytest.mark.parametrize("platform", ["github", "gitlab"])
@pytest.mark.parametrize(
    ("branch", "there", "percent"),
    [("trunk", False, 0.0), ("trunk", True, 91.0), ("topic", True, 91.0), ("topic", False, None)],
)
def test_the_first_merge_of_the_main_branch_has_nothing_to_lose(
    platform: str, branch: str, percent: float | None, tmp_path: Path, *, there: bool
) -> None:
    """It could never be green, and so never leave a baseline. A topic branch without a baseline is red all the same."""
    file = tmp_path / KEPT
    if there:
        file.parent.mkdir(parents=True)
        file.write_text('{"totals": {"percent_covered": 91}}')
    told = {"GITHUB_REF": f"refs/heads/{branch}", "CI_COMMIT_BRANCH": branch, "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-ec", first_baseline(platform)], cwd=tmp_path, env=told, check=True)
    assert (parse_baseline(json.loads(file.read_text())) if file.exists() else None) == percent


@pytest.mark.parametrize("platform", ["gitlab-include", "gitlab-component"])
def test_jobs_in_a_pipeline_of_others_can_not_keep_it(platform: str) -> None:
    """Which of its pipelines may write the cache is said at the top of a pipeline, which is not juncture's there."""
    with pytest.raises(ConfigError, match=r"gates.drop: .* can't tell .* which branch") as raised:
        rendered(platform)
    assert "--baseline" in str(raised.value)
