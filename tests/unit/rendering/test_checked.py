"""Wherever its tests are, a project's jobs compare themselves with the declaration, and exactly one of them does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

CHECK = "juncture ci.render --check"


def checking(platform: str, shards: int, layout: Layout) -> list[str]:
    """Return the jobs that compare the rendered files with the declaration."""
    config = parse(tomllib.loads(f"shards = {shards}"), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, layout, [platform])
    document = yaml.safe_load(file.text)
    return [name for name, job in document.get("jobs", document).items() if CHECK in str(job)]


@pytest.mark.parametrize("platform", ["github", "github-reusable", "gitlab"])
@pytest.mark.parametrize(
    ("shards", "unit", "job"), [(1, True, "unit"), (4, True, "unit"), (4, False, "plan"), (1, False, "integration")]
)
def test_one_job_finds_an_edit_by_hand(platform: str, shards: int, job: str, *, unit: bool) -> None:
    """It is the job `unit`; where there are no unit tests, the first job that there is."""
    assert checking(platform, shards, Layout(unit=unit)) == [job]
