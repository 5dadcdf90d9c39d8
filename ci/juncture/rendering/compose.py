"""Compose: the services alone, for who starts them by hand."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.rendering.files import File
from juncture.rendering.filling import fill

if TYPE_CHECKING:
    from juncture.rendering.pipeline import Pipeline

__all__ = ["render_compose"]

FILE = "docker-compose.test.yml"


def render_compose(pipeline: Pipeline) -> File:
    """Return the file; raise `ConfigError` where it would be empty, or is what the declaration is read from."""
    if not pipeline.containers:
        raise ConfigError(
            "no declared service is a container for all workers, so that there is nothing for a compose file",
            where="pyproject.toml: tool.juncture.services",
            hint='take "compose" out of `platforms`',
        )
    if posixpath.normpath(pipeline.compose or ".") == FILE:
        raise ConfigError(
            f"the services are read from {FILE}, which would be written over",
            where="pyproject.toml: tool.juncture.compose",
            hint='give the file another name, or take "compose" out of `platforms`',
        )
    variables = [pair for each in pipeline.containers for pair in pipeline.endpoint(each, by_name=False)]
    return File(
        posixpath.join(pipeline.layout.project, FILE),
        fill(
            "compose/compose.yml.jinja",
            pipeline=pipeline,
            file=posixpath.join(pipeline.layout.project, FILE),
            project=f"{_name(pipeline.project)}-test",
            variables=variables,
        ),
    )


def _name(project: str) -> str:
    """Return the project's name as compose takes it: of a-z, 0-9, - and _, a letter or a digit first."""
    return re.sub(r"[^a-z0-9_-]+", "-", project.lower()).strip("-_") or "project"
