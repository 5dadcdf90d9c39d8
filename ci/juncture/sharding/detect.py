"""Find out from a CI platform's variables which of its parallel jobs this one is.

Pure: a mapping in, a value out. Nothing is guessed: a platform's index without its total says nothing, a number that
can't be is an error, and so are two platforms that say different things. Some platforms number jobs that do not share a
suite, such as the legs of a matrix; where these can't be told apart, the declared number of shards has to be theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.sharding.number import ShardNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PLATFORMS", "Platform", "detect"]

EXPLICIT = "JUNCTURE_SHARD=I/N or --juncture-shard I/N says it explicitly"


@dataclass(frozen=True, slots=True)
class Platform:
    """A CI platform: the variables of a job's number and of how many there are, and what the first one is called.

    ``shares`` tells from the variables whether these jobs share one suite: True, False, or None where nobody can tell.
    """

    name: str
    index: str
    total: str
    first: int
    shares: Callable[[Mapping[str, str]], bool | None]


def _always(_environ: Mapping[str, str]) -> bool | None:
    return True


def _unknown(_environ: Mapping[str, str]) -> bool | None:
    return None


def _gitlab(environ: Mapping[str, str]) -> bool | None:
    """Both kinds of ``parallel`` number jobs; one of ``parallel: 4`` is called "test 2/4", a matrix's "test: [x]"."""
    name = environ.get("CI_JOB_NAME", "")
    return not name or bool(re.search(r" [0-9]+/[0-9]+$", name))


def _azure(environ: Mapping[str, str]) -> bool | None:
    """Jobs of a matrix are numbered too; those of ``parallel: 4`` are of the type MultiMachine."""
    found = environ.get("SYSTEM_PARALLELEXECUTIONTYPE", "").lower()
    return {"multimachine": True, "multiconfiguration": False, "none": False}.get(found)


PLATFORMS = (
    Platform("GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1, _gitlab),
    Platform("CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0, _always),
    Platform("Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0, _always),
    Platform("Azure Pipelines", "SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1, _azure),
    Platform("Bitbucket", "BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", 0, _unknown),
    Platform("Semaphore", "SEMAPHORE_JOB_INDEX", "SEMAPHORE_JOB_COUNT", 1, _always),
    Platform("Bazel", "TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", 0, _always),
    Platform("Kubernetes", "JOB_COMPLETION_INDEX", "JUNCTURE_SHARDS", 0, _always),
)
"""In the order of docs/reference/sharding.md; each one's own documentation tells what it calls the first job."""


def detect(environ: Mapping[str, str], declared: int | None = None) -> tuple[ShardNumber, str] | None:
    """Return the shard that the environment says this job is, and a line that tells so; None where it says none.

    ``declared`` is the number of shards in the declaration, None where it says nothing. Raise `UsageError` for numbers
    that can't be, platforms that disagree, and a total that is not the declared one.
    """
    found: dict[str, ShardNumber] = {}
    for platform in PLATFORMS:
        number = _number(platform, environ)
        if number is None:
            continue
        shares = platform.shares(environ)
        if shares is None:
            shares = number.total == declared
        if not shares:
            continue
        if declared is not None and number.total != declared:
            raise UsageError(
                f"{platform.name} runs {number.total} jobs, {declared} shards are declared",
                where=platform.total,
                hint=f"make the two equal; {EXPLICIT}",
            )
        found[f"{platform.name} ({platform.index}, {platform.total})"] = number
    if not found:
        return None
    if len(set(found.values())) > 1:
        said = "; ".join(f"{name} says {number}" for name, number in found.items())
        raise UsageError(f"the environment is of two minds: {said}", where="shards", hint=EXPLICIT)
    name, number = next(iter(found.items()))
    return number, f"shard {number}, as {name} says"


def _number(platform: Platform, environ: Mapping[str, str]) -> ShardNumber | None:
    """Return the shard, None where a variable is missing or empty, or there is only one job."""
    index, total = (environ.get(name, "").strip() for name in (platform.index, platform.total))
    if not index or not total or total == "1":
        return None
    for name, text in ((platform.index, index), (platform.total, total)):
        if not re.fullmatch("[0-9]{1,9}", text):
            raise UsageError(f'"{text}" is no number of a job', where=name, hint=EXPLICIT)
    last = int(total) - 1 + platform.first
    if not platform.first <= int(index) <= last:
        raise UsageError(
            f"{platform.name} counts {total} jobs from {platform.first} to {last}, not {index}",
            where=platform.index,
            hint=EXPLICIT,
        )
    return ShardNumber.parse(f"{int(index) - platform.first + 1}/{total}", where=platform.total)
