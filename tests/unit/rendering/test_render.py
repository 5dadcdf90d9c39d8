"""What of the same declaration each platform starts, in its own words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

STORE = """
[services.store]
kind = "container"
image = "axllent/mailpit:v1.20"
ports = [9000]
shared = true
"""


def job_of(platform: str, text: str) -> Any:
    """Return the integration job that a platform has for the text of ``[tool.juncture]``; for compose, the file."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), [platform])
    document = yaml.safe_load(file.text)
    return {"github": document.get("jobs", {}).get("integration"), "gitlab": document.get("integration")}.get(
        platform, document
    )


def test_a_command_reaches_every_platform_that_has_commands() -> None:
    """On GitHub, where services have none, juncture starts the container in the job, of the pinned image."""
    text = f"{STORE}command = 'serve \"a b\"'\n"
    assert job_of("gitlab", text)["services"][0]["command"] == ["serve", "a b"]
    assert job_of("compose", text)["services"]["store"]["command"] == ["serve", "a b"]
    job = job_of("github", text)
    assert "services" not in job
    (test,) = [step for step in job["steps"] if step["name"] == "Test"]
    assert test["env"]["JUNCTURE_STORE_IMAGE"].startswith("axllent/mailpit:v1.20@sha256:")
