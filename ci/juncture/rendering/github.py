"""GitHub: a workflow, complete or to be called by another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from juncture.provisioning.outside import variable
from juncture.rendering.escaping import option
from juncture.rendering.files import File, minutes
from juncture.rendering.filling import fill, scalar, sequence

if TYPE_CHECKING:
    from juncture.rendering.containers import Container
    from juncture.rendering.pipeline import Pipeline

__all__ = ["render_reusable", "render_workflow"]

TEMPLATE = "github/workflow.yml.jinja"

CONTENTS = ("contents", "read", "")
ARTIFACTS = ("actions", "read", "fetches what other jobs of the run left, also in an earlier attempt")
COMMENT = ("pull-requests", "write", "one comment, which each run writes anew")
"""Permissions: the name, the level and the reason."""

LEVELS = ("none", "read", "write")
"""What a permission can be, the least first."""

CALLED_RUNNER = "${{ startsWith(inputs.runner, '[') && fromJSON(inputs.runner) || inputs.runner }}"
"""One label as a text, or several as JSON."""


def render_workflow(pipeline: Pipeline) -> File:
    """Return the complete workflow."""
    return _render(pipeline, ".github/workflows/juncture.yml", "juncture", callable_=False)


def render_reusable(pipeline: Pipeline) -> File:
    """Return the workflow that others call with ``uses:``."""
    return _render(pipeline, ".github/workflows/juncture-reusable.yml", "juncture (reusable)", callable_=True)


def _render(pipeline: Pipeline, path: str, name: str, *, callable_: bool) -> File:
    ci, by_name = pipeline.ci, bool(pipeline.ci.container)
    total = "${{ inputs.shards }}" if callable_ else str(pipeline.shards)
    first = scalar(json.dumps(pipeline.pythons[0])[1:-1])
    if callable_ and not pipeline.matrix and not by_name:
        first = "${{ inputs.python }}"
    suite_jobs = ["unit"] * pipeline.layout.unit + ["integration"] * pipeline.layout.integration
    needs = ["plan"] * pipeline.plans + suite_jobs + [job.name for job in ci.jobs]
    return File(
        path,
        fill(
            TEMPLATE,
            pipeline=pipeline,
            name=name,
            callable=callable_,
            runner=CALLED_RUNNER if callable_ else _runner(ci.runner),
            default_runner=json.dumps(ci.runner) if len(ci.runner) > 1 else ci.runner[0],
            minutes=minutes,
            job_minutes="${{ inputs.timeout }}" if callable_ else minutes(ci.timeout),
            granted=_granted(pipeline),
            permitted=_permitted(CONTENTS),
            permitted_to_fetch=_permitted(CONTENTS, ARTIFACTS),
            permitted_to_comment=_permitted(ARTIFACTS, COMMENT),
            permitted_to_test=_permitted(CONTENTS, declared=ci.permissions),
            permitted_in_a_shard=_permitted(CONTENTS, ARTIFACTS, declared=ci.permissions),
            by_name=by_name,
            container_image=pipeline.job_image,
            matrix_python="${{ matrix.python }}" if pipeline.matrix else first,
            first_python=first,
            quoted=lambda words: f'"{words}"' if "$" in words else words,
            shard_words='"$SHARDS"' if callable_ else total,
            shard_total=total,
            shard_list="${{ fromJSON(needs.plan.outputs.shards) }}" if callable_ else _numbers(pipeline.shards),
            inside_images=() if by_name else _inside(pipeline),
            needs=needs,
            suite_jobs=suite_jobs,
            result_of=_result_of,
            options_of=_options,
            container_of=lambda container: f"{_upper(container.name)}_CONTAINER",
            merge_session=f"merge-{pipeline.pythons[0]}" if pipeline.matrix else "merge",
            expectation=lambda suite, number, job: (
                f'"{suite}=$SHARDS"' if callable_ and pipeline.plans and job == "integration" else f"{suite}={number}"
            ),
            expected=[(job, [each[:2] for each in pipeline.suites if each[2] == job]) for job in suite_jobs],
            main_ref=f"'refs/heads/{ci.branches[0]}'",
            main_branch=f"'{ci.branches[0]}'",
            deep=pipeline.compares,
        ),
    )


def _permitted(*own: tuple[str, str, str], declared: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, str, str]]:
    """Return what a job may do, each permission once, with its level and the reason; a declared level wins."""
    every = {name: (level, reason) for name, level, reason in own}
    every |= {name: (level, "as [tool.juncture.ci.permissions] says") for name, level in declared}
    return [(name, level, reason) for name, (level, reason) in every.items()]


def _granted(pipeline: Pipeline) -> list[tuple[str, str]]:
    """Return what all jobs together may do: a job that calls the workflow has to grant no less."""
    asked = [CONTENTS[:2], ARTIFACTS[:2], *pipeline.ci.permissions]
    asked += [COMMENT[:2]] * pipeline.ci.comment
    most: dict[str, str] = {}
    for name, level in asked:
        most[name] = max(level, most.get(name, "none"), key=LEVELS.index)
    return [(name, level) for name, level in most.items() if level != "none"]


def _result_of(job: str) -> str:
    """Return the variable with what became of a job; by its end it is none that a shell looks at."""
    return f"{_upper(job)}_RESULT"


def _options(container: Container) -> list[str]:
    """Return the options that a service's container is made with."""
    check = ("--health-interval 1s", "--health-timeout 10s", "--health-retries 60")
    health = [f"--health-cmd {option(container.health)}", *check] if container.health else []
    return [*health, *(f"--tmpfs {folder}" for folder in container.tmpfs)]


def _upper(name: str) -> str:
    return name.upper().replace("-", "_")


def _runner(labels: tuple[str, ...]) -> str:
    return scalar(labels[0]) if len(labels) == 1 else sequence(labels)


def _numbers(most: int) -> str:
    """Return the numbers of a matrix; they are no texts."""
    return sequence(range(1, most + 1), len("        shard: [")).replace('"', "")


def _inside(pipeline: Pipeline) -> list[tuple[str, str]]:
    """Return the variables that pin the images which juncture itself starts in a job."""
    return [(variable(each.name, "IMAGE"), each.image) for each in pipeline.inside if each.image]
