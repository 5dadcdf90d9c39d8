"""GitHub's workflow: what its jobs may do, when they run, and what they hand on."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas


class Strict(yaml.SafeLoader):
    """YAML as GitHub reads it: a key that is there twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Return a mapping whose keys are all different."""
        made = super().construct_mapping(node, deep=deep)
        assert len(made) == len(node.value), f"a key is there twice: {node.start_mark}"
        return made


def workflow(text: str, layout: Layout | None = None, platform: str = "github") -> dict[Any, Any]:
    """Return the parsed workflow of the declaration that the text of ``[tool.juncture]`` makes."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, layout or Layout(), [platform])
    document = yaml.load(file.text, Strict)  # noqa: S506 - it is a safe loader
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("level", ["read", "write", "none"])
def test_a_permission_that_juncture_gives_too_is_there_once(level: str) -> None:
    """What is declared is the level of the jobs with tests, also where they have a permission of their own."""
    text = f'shards = 2\n[ci]\npermissions = {{ actions = "{level}", contents = "{level}", id-token = "write" }}'
    jobs = workflow(f'{text}\n[ci.jobs.docs]\nrun = ["nox -s docs"]')["jobs"]
    declared = {"contents": level, "actions": level, "id-token": "write"}
    assert [jobs[name]["permissions"] for name in ("unit", "integration", "docs")] == [declared] * 3
    assert jobs["plan"]["permissions"] == {"contents": "read"}
    assert jobs["merge"]["permissions"] == {"contents": "read", "actions": "read"}


def test_callers_get_every_label_of_the_runner() -> None:
    """A workflow to be called takes one label as a text and several as JSON, and its default is what is declared."""
    several = workflow('[ci]\nrunner = ["self-hosted", "linux", "gpu"]', platform="github-reusable")
    assert several[True]["workflow_call"]["inputs"]["runner"]["default"] == '["self-hosted", "linux", "gpu"]'
    one = workflow("", platform="github-reusable")
    assert one[True]["workflow_call"]["inputs"]["runner"]["default"] == "ubuntu-24.04"
    both = "${{ startsWith(inputs.runner, '[') && fromJSON(inputs.runner) || inputs.runner }}"
    assert {job["runs-on"] for job in [*several["jobs"].values(), *one["jobs"].values()]} == {both}


def test_a_called_workflow_keeps_the_time_of_own_jobs() -> None:
    """What a caller says of the time is about juncture's jobs; one of the project's own has its own limit."""
    text = '[ci]\ntimeout = "10m"\n[ci.jobs.docs]\nrun = ["nox -s docs"]\ntimeout = "2h"'
    jobs = workflow(text, platform="github-reusable")["jobs"]
    assert jobs["docs"]["timeout-minutes"] == 120
    assert jobs["unit"]["timeout-minutes"] == jobs["merge"]["timeout-minutes"] == "${{ inputs.timeout }}"


LEVELS = ("none", "read", "write")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[ci]\ncomment = true",
        'shards = 2\n[ci]\npermissions = { id-token = "write", actions = "write", pull-requests = "read" }',
        'shards = 2\n[ci]\ncomment = true\npermissions = { contents = "none", pull-requests = "read" }',
    ],
)
def test_a_called_workflow_says_what_its_caller_grants(text: str) -> None:
    """No job asks for more than the head lists, for GitHub starts nothing then; and the head lists no more."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), ["github-reusable"])
    head = [line.removeprefix("#") for line in file.text.split("\nname:")[0].splitlines()]
    granted = yaml.safe_load("\n".join(head[head.index("   permissions:") :]))["permissions"]
    asked: dict[str, str] = {}
    for job in yaml.safe_load(file.text)["jobs"].values():
        for name, level in job["permissions"].items():
            asked[name] = max(level, asked.get(name, "none"), key=LEVELS.index)
    assert granted == {name: level for name, level in asked.items() if level != "none"}


def test_a_merge_queue_starts_the_workflow() -> None:
    """A required check that a queue does not start holds every pull request up for good."""
    events = workflow("")[True]
    assert set(events) == {"push", "pull_request", "merge_group", "workflow_dispatch"}


def merge_step(text: str) -> dict[str, Any]:
    """Return the step that merges."""
    (step,) = (step for step in workflow(text)["jobs"]["merge"]["steps"] if step["name"] == "Merge")
    assert isinstance(step, dict)
    return step


def test_changed_lines_have_a_base_on_every_event() -> None:
    """Only a pull request has GITHUB_BASE_REF: of a push, a queue or a run by hand the event tells the base."""
    step = merge_step('[gates]\nchanged = 80\n[ci]\nbranches = ["trunk"]')
    base, _, otherwise = step["env"]["BASE"].partition(" || ")
    assert base == "${{ github.event.merge_group.base_sha"
    names = "github.base_ref || github.event.repository.default_branch || 'trunk'"
    assert otherwise == f"format('origin/{{0}}', {names}) }}}}"
    assert '--base "$BASE"' in step["run"]


def test_without_the_gate_no_base_is_told() -> None:
    """What is not declared needs no history of the branch."""
    step = merge_step("[gates]\ncoverage = 80")
    assert "BASE" not in step["env"]
    assert "--base" not in step["run"]
