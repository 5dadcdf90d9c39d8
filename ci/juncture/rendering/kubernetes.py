"""Kubernetes: the shards as an indexed Job, each pod with the services beside it."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.rendering.files import File
from juncture.rendering.filling import fill

if TYPE_CHECKING:
    from juncture.rendering.pipeline import Pipeline

__all__ = ["render_job"]


def render_job(pipeline: Pipeline) -> File:
    """Return the Job and the claim for its bundles; raise `ConfigError` where a Job can't do what is declared."""
    where = "pyproject.toml: tool.juncture.ci"
    if not pipeline.job_image:
        what = "a Job needs an image with the project, Nox and juncture in it"
        raise ConfigError(what, where=f"{where}.container", hint="name one")
    if not pipeline.plans:
        what = "an indexed Job divides the integration tests, and they have one shard"
        raise ConfigError(what, where="pyproject.toml: tool.juncture.shards", hint="declare two or more")
    return File(
        posixpath.join(pipeline.layout.project, "juncture-job.yml"),
        fill(
            "kubernetes/job.yml.jinja",
            pipeline=pipeline,
            name=re.sub(r"[^a-z0-9-]+", "-", pipeline.project.lower()).strip("-")[:40].strip("-") or "project",
            seconds=int(pipeline.ci.timeout),
        ),
    )
