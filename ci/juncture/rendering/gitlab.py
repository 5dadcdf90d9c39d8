"""GitLab: a pipeline, complete, to be included, or as a CI/CD component."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Literal

from juncture.rendering.files import File, minutes
from juncture.rendering.filling import fill

if TYPE_CHECKING:
    from juncture.rendering.pipeline import Pipeline

__all__ = ["MOST_NEEDS", "render_component", "render_include", "render_pipeline"]

MOST_NEEDS = 50
"""Jobs that one may need, after ``parallel`` is counted out; docs: CI/CD YAML syntax, ``needs``."""

Form = Literal["complete", "include", "component"]
TEMPLATE = "gitlab/pipeline.yml.jinja"


def render_pipeline(pipeline: Pipeline) -> File:
    """Return the complete pipeline."""
    return _render(pipeline, ".gitlab-ci.yml", "complete")


def render_include(pipeline: Pipeline) -> File:
    """Return the jobs as a file that a pipeline of the project's own includes."""
    return _render(pipeline, ".gitlab/juncture.gitlab-ci.yml", "include")


def render_component(pipeline: Pipeline) -> File:
    """Return the jobs as a component with inputs."""
    return _render(pipeline, "templates/juncture.yml", "component")


def _render(pipeline: Pipeline, path: str, form: Form) -> File:
    prefix = {"complete": "", "include": "juncture-", "component": "$[[ inputs.job-prefix ]]"}[form]
    shards = "$[[ inputs.shards ]]" if form == "component" else str(pipeline.shards)
    jobs = ["unit"] * pipeline.layout.unit + ["integration"] * pipeline.layout.integration
    jobs += [job.name for job in pipeline.ci.jobs]
    few = needed(pipeline) <= MOST_NEEDS
    stages = {"plan": "plan", "test": "test", "merge": "merge"}
    if form != "complete":
        test = "$[[ inputs.stage ]]" if form == "component" else "test"
        stages = {"plan": test, "test": test, "merge": test if few else ".post"}
    return File(
        path,
        fill(
            TEMPLATE,
            pipeline=pipeline,
            complete=form == "complete",
            component=form == "component",
            base=f".{prefix or 'juncture-'}job",
            prefix=prefix,
            stage=stages,
            stages=[each for each in ("plan", "test", "merge") if each != "plan" or pipeline.plans],
            branch_rule=_branch_rule,
            images=pipeline.python_images,
            minutes=minutes,
            shards=shards,
            numbers=[str(number) for number in range(1, pipeline.shards + 1)],
            shard_of=f"$SHARD/{shards}" if pipeline.matrix else "$CI_NODE_INDEX/$CI_NODE_TOTAL",
            most_shards=MOST_NEEDS - needed(pipeline) + pipeline.shards,
            session_end="-$PYTHON" if pipeline.matrix else "",
            needs=[f"{prefix}{job}" for job in jobs] if few else [],
            merge_session=f"merge-{pipeline.pythons[0]}" if pipeline.matrix else "merge",
            folders=[posixpath.join(pipeline.reports, suite) for suite, _, _ in pipeline.suites],
            own_folders=[posixpath.join(pipeline.own_reports, suite) for suite, _, _ in pipeline.suites],
            main_branch=pipeline.ci.branches[0],
            main_slug=_slug(pipeline.ci.branches[0]),
        ),
    )


def needed(pipeline: Pipeline) -> int:
    """Return how many jobs the merge waits for."""
    return sum(number for _, number, _ in pipeline.suites) + len(pipeline.ci.jobs)


def _slug(branch: str) -> str:
    """Return what GitLab has in ``CI_COMMIT_REF_SLUG`` for a branch."""
    return re.sub(r"[^a-z0-9]", "-", branch.lower())[:63].strip("-")


def _branch_rule(branch: str) -> str:
    """Return the condition that a pipeline is one of this branch, or of those that the pattern matches.

    As in GitHub's patterns one star is anything up to a slash, and two are anything at all.
    """
    if "*" not in branch:
        return f'$CI_COMMIT_BRANCH == "{branch}"'
    escaped = re.escape(branch).replace("/", r"\/")
    pattern = re.sub(r"(?:\\\*)+", lambda stars: r"[^\/]*" if stars[0] == r"\*" else ".*", escaped)
    return f"$CI_COMMIT_BRANCH =~ /^{pattern}$/"
