"""The platforms, by name: another one is one more row, one more module and its template."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from juncture.rendering import compose, github, gitlab, kubernetes
from juncture.rendering.limits import check_limits
from juncture.rendering.pipeline import pipeline_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from juncture.config import Config
    from juncture.rendering.files import File
    from juncture.rendering.lock import Lock
    from juncture.rendering.pipeline import Layout, Pipeline

__all__ = ["PLATFORMS", "render"]

PLATFORMS: Mapping[str, Callable[[Pipeline], File]] = MappingProxyType(
    {
        "github": github.render_workflow,
        "github-reusable": github.render_reusable,
        "gitlab": gitlab.render_pipeline,
        "gitlab-include": gitlab.render_include,
        "gitlab-component": gitlab.render_component,
        "compose": compose.render_compose,
        "kubernetes": kubernetes.render_job,
    }
)


def render(config: Config, lock: Lock, layout: Layout, platforms: Iterable[str]) -> tuple[File, ...]:
    """Return the files of these platforms; raise `ConfigError` where one of them can't do what is declared."""
    pipeline = pipeline_of(config, lock, layout)
    pipelines = [(platform, _on(platform, pipeline)) for platform in platforms]
    for platform, own in pipelines:
        check_limits(own, platform)
    return tuple(PLATFORMS[platform](own) for platform, own in pipelines)


def _on(platform: str, pipeline: Pipeline) -> Pipeline:
    """Return the jobs with the services that this platform can start.

    GitHub's services have a ``command`` since April 2026; act 0.2.89 and older versions of actionlint refuse it.
    """
    if platform.startswith("github"):
        return pipeline.without_commands("it has a `command`, and a service of GitHub has none")
    return pipeline
