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
