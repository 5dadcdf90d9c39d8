"""What the platforms can't do, told when a file is rendered and not when its first run fails.

The figures are from GitHub's and GitLab's documentation.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.rendering.filling import WORDS

if TYPE_CHECKING:
    from juncture.rendering.pipeline import Pipeline

__all__ = ["GITHUB_MATRIX", "GITLAB_PARALLEL", "check_limits"]

GITHUB_MATRIX = 256
"""Jobs of one matrix. GitHub, "Running variations of jobs"."""

GITLAB_PARALLEL = 200
"""Jobs of one ``parallel``. GitLab, "CI/CD YAML syntax reference", ``parallel``."""

NAMED = frozenset({"compose", "kubernetes"})
"""Where what is made has the project's name: two projects may be on one machine, or in one cluster."""

PATH = re.compile(r"[A-Za-z0-9_./+-]*")
"""Paths that every shell and every platform's artifacts take without quotes."""

GITLAB = frozenset({"gitlab", "gitlab-include", "gitlab-component"})

GITLAB_WORDS = frozenset(
    {"cache", "default", "image", "include", "nil", "pages", "services", "spec", "stages", "variables", "workflow"}
)
"""What means something else than a job at the top of a pipeline, of what `[tool.juncture.ci.jobs]` takes for a name.
GitLab, "CI/CD YAML syntax reference", global keywords, and "CI/CD jobs", job names; a job `pages` publishes a site."""


def check_limits(pipeline: Pipeline, platform: str) -> None:
    """Raise `ConfigError` where a platform can't do what is declared."""
    _check_paths(pipeline)
    if platform.startswith("git"):
        _check_main(pipeline)
    if platform.startswith("github"):
        _check_number(pipeline, GITHUB_MATRIX, "a matrix of GitHub")
        _check_hidden(pipeline)
        _check_names(pipeline, WORDS, "GitHub")
        if pipeline.ci.container:
            _check_engine(pipeline, "a job with a `container`")
    elif platform in GITLAB:
        _check_number(pipeline, GITLAB_PARALLEL, "`parallel` of GitLab")
        _check_names(pipeline, WORDS | GITLAB_WORDS, "GitLab")
        _check_engine(pipeline, "a job of GitLab's Docker executor")
        if platform != "gitlab":
            _check_baseline(pipeline)
    elif platform == "kubernetes":
        _check_engine(pipeline, "a pod")
        _check_ports(pipeline)
    if platform != "compose":
        _check_tests(pipeline)
        _check_python(pipeline, platform)
    if platform in NAMED:
        _check_name(pipeline, platform)


def _check_paths(pipeline: Pipeline) -> None:
    for path in (pipeline.layout.nox, pipeline.reports):
        if not PATH.fullmatch(path):
            raise ConfigError(
                f"{path} is part of commands and of artifacts' paths, which take A-Z, a-z, 0-9 and . _ + - alone",
                where="pyproject.toml: tool.juncture.reports",
                hint="give the folders on this path other names",
            )


def _check_tests(pipeline: Pipeline) -> None:
    if not (pipeline.layout.unit or pipeline.layout.integration):
        raise ConfigError(
            "there is nothing to run in a job: the project has neither unit nor integration tests",
            where="pyproject.toml: tool.juncture.integration",
            hint="write the first test, or say where tests are: `unit` and `integration` name their folders",
        )


def _check_main(pipeline: Pipeline) -> None:
    main = pipeline.ci.branches[0]
    if "*" in main:
        raise ConfigError(
            f"the history is kept from one branch, and {main} is a pattern",
            where="pyproject.toml: tool.juncture.ci.branches",
            hint=f'name the main branch first, as in ["main", "{main}"]',
        )


def _check_number(pipeline: Pipeline, most: int, what: str) -> None:
    number = pipeline.shards * len(pipeline.pythons)
    if pipeline.layout.integration and number > most:
        pythons = f" for each of {len(pipeline.pythons)} Pythons" if pipeline.matrix else ""
        raise ConfigError(
            f"{pipeline.shards} shards{pythons} are {number} jobs, and {what} has {most} at most",
            where="pyproject.toml: tool.juncture.shards",
            hint="declare fewer: `juncture plan --curve` shows how many are worth their price",
        )


def _check_names(pipeline: Pipeline, words: frozenset[str], platform: str) -> None:
    """Refuse the names of own jobs that YAML or the platform takes for something else."""
    for job in pipeline.ci.jobs:
        if job.name in words:
            raise ConfigError(
                f"a job of {platform} can't have the name {job.name}: it is a word of the file's own language",
                where=f"pyproject.toml: tool.juncture.ci.jobs.{job.name}",
                hint=f"choose another, such as {job.name}-job",
            )


def _check_hidden(pipeline: Pipeline) -> None:
    if any(part.startswith(".") for part in pipeline.reports.split("/")):
        raise ConfigError(
            f"GitHub's artifacts leave out hidden files, and {pipeline.reports} is hidden",
            where="pyproject.toml: tool.juncture.reports",
            hint="give the folder a name that does not begin with a dot",
        )


def _check_engine(pipeline: Pipeline, where: str) -> None:
    """Refuse what only an engine can run, in a job that has none."""
    for each in pipeline.inside:
        if each.needs_engine:
            raise ConfigError(
                f"it can't be a service container of {where} ({each.needs_engine}), and no engine answers in there",
                where=f"pyproject.toml: tool.juncture.services.{each.name}",
                hint="run it on GitHub without `container`, or take this platform out of `platforms`",
            )


def _check_baseline(pipeline: Pipeline) -> None:
    """Refuse a gate on what the main branch covered, where juncture can't say whose pipelines keep that."""
    if pipeline.keeps_baseline:
        raise ConfigError(
            "jobs that a pipeline of others includes can't tell its cache which branch may write the baseline",
            where="pyproject.toml: tool.juncture.gates.drop",
            hint='render "gitlab"; or leave the gate out, and give a merge of your own `--baseline`',
        )


def _check_ports(pipeline: Pipeline) -> None:
    count = Counter(port for container in pipeline.containers for port in container.ports)
    if twice := [port for port, number in count.items() if number > 1]:
        names = ", ".join(container.name for container in pipeline.containers if twice[0] in container.ports)
        raise ConfigError(
            f"the containers of a pod share their ports, and {names} all listen on {twice[0]}",
            where="pyproject.toml: tool.juncture.services",
            hint='declare one of that port, or take "kubernetes" out of `platforms`',
        )


def _check_python(pipeline: Pipeline, platform: str) -> None:
    """Refuse several Pythons in one image: sessions would not find theirs."""
    if pipeline.job_image and pipeline.matrix:
        otherwise = 'take "kubernetes" out of `platforms`' if platform == "kubernetes" else "leave `container` out"
        raise ConfigError(
            f"a job has one Python, that of its `container`, and {len(pipeline.pythons)} are declared",
            where="pyproject.toml: tool.juncture.ci.python",
            hint=f"declare one, or {otherwise}",
        )


def _check_name(pipeline: Pipeline, platform: str) -> None:
    """Refuse to take the folder's name: the file would be another one in another checkout."""
    if not pipeline.project:
        raise ConfigError(
            f"what {platform} makes is called as the project is, and it has no name of its own",
            where="pyproject.toml: project.name",
            hint="add [project] with `name` and `version`",
        )
