"""Prove that what arrived is exactly what was planned; name whatever is missing, doubled, torn or foreign.

Pure: bundles as values in, problems out. What must be there is stated by the caller, never taken from what arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from juncture.merging.attempts import newest
from juncture.merging.values import Problem
from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.merging.values import Arrived, Suite
    from juncture.sharding import Plan

__all__ = ["MaySkip", "prove", "prove_commits", "prove_jobs"]

MaySkip = Callable[[str], bool]
"""Tells whether a file or folder may be skipped as a whole."""


def never_skipped(_: str) -> bool:
    """Let no file or folder be skipped as a whole."""
    return False


def prove(expected: int, bundles: Sequence[Arrived], may_skip: MaySkip = never_skipped) -> list[Problem]:
    """Return what is wrong with one suite's bundles, of which ``expected`` shards must be there."""
    chosen, problems = newest(bundles)
    problems += _shards(expected, chosen)
    plans = {bundle.manifest.plan for bundle in chosen if bundle.manifest.plan}
    if len(plans) > 1:
        words = ", ".join(f"shard {bundle.manifest.shard} {bundle.manifest.plan[:8] or 'none'}" for bundle in chosen)
        problems.append(Problem(code="plan-foreign", text=f"the shards obeyed different plans: {words}"))
    plan = next((bundle.plan for bundle in chosen if bundle.plan), None)
    for bundle in chosen:
        problems += _bundle(bundle)
    problems += _unmeasured(chosen)
    problems += _skipped(chosen, may_skip)
    if plan is None:
        problems += _without_plan(chosen)
    elif len(plans) <= 1:
        problems += _against_plan(plan, expected, chosen)
    return problems


def prove_commits(bundles: Iterable[Arrived]) -> list[Problem]:
    """Return a problem where the bundles of all suites are not of one commit."""
    commits = Counter(bundle.manifest.commit for bundle in bundles if bundle.manifest.commit)
    if len(commits) <= 1:
        return []
    words = ", ".join(f"{commit[:8]} ({count})" for commit, count in sorted(commits.items()))
    return [Problem(code="commit-foreign", text=f"the bundles are of different commits: {words}")]


def prove_jobs(results: Mapping[str, str], suites: Iterable[Suite]) -> list[Problem]:
    """Return a problem for each job that did not succeed though its suite looks as if it had.

    ``results`` maps suites to what the platform says of their jobs: success, failure, cancelled, skipped. A bundle that
    is good all the same may be that of an older attempt, or of a job that ended early after it was uploaded.
    """
    problems = []
    for suite in suites:
        result = results.get(suite.name, "success")
        told = suite.problems or (suite.failed and result == "failure")
        if result != "success" and not told:
            text = f"the job of {suite.name} ended as {result}, and its bundles do not say why"
            problems.append(Problem(code="job-failed", text=text))
    return problems


def _shards(expected: int, chosen: Sequence[Arrived]) -> list[Problem]:
    problems = []
    plan = next((bundle.plan for bundle in chosen if bundle.plan), None)
    there = {bundle.manifest.shard for bundle in chosen}
    for shard in range(1, expected + 1):
        if shard in there:
            continue
        lost = plan.shards[shard - 1].nodeids if plan and len(plan.shards) == expected else ()
        many = f": {len(lost)} tests did not run" if lost else ""
        text = f"shard {shard} of {expected} never reported{many}"
        problems.append(Problem(code="shard-missing", text=text, tests=tuple(lost)))
    for bundle in chosen:
        shard, total = bundle.manifest.shard, bundle.manifest.total
        if total != expected or not 1 <= shard <= expected:
            text = f"{bundle.name} is shard {shard} of {total}, {expected} were expected"
            problems.append(Problem(code="shard-foreign", text=text))
    return problems


def _bundle(bundle: Arrived) -> list[Problem]:
    problems = []
    of = f" (shard {bundle.manifest.shard})" if bundle.manifest.total > 1 else ""
    if bundle.unsealed:
        problems.append(Problem(code="bundle-unsealed", text=f"{bundle.name}: {bundle.unsealed}"))
    problems += [Problem(code="bundle-damaged", text=f"{bundle.name}: {line}") for line in bundle.damage]
    problems += [Problem(code="process-torn", text=f"{name} came to no orderly end{of}") for name in bundle.record.torn]
    problems += [Problem(code="run-broken", text=f"{sentence}{of}") for sentence in bundle.record.errors]
    if _failed_without_a_word(bundle):
        text = f"pytest ended with exit code {bundle.exit}{of}, and no test says why"
        problems.append(Problem(code="run-broken", text=text))
    if not bundle.record.workers:
        problems.append(Problem(code="nothing-recorded", text=f"{bundle.name}: no process recorded anything"))
    if bundle.measured is not None:
        problems += [
            Problem(code="coverage-missing", text=f"{worker.name} left no coverage data{of}")
            for worker in bundle.record.workers
            if worker.closed and worker.pid not in bundle.measured
        ]
    return problems


def _failed_without_a_word(bundle: Arrived) -> bool:
    """Tell whether pytest's exit status says more than its tests: a plugin's gate, say, or no test at all."""
    record = bundle.record
    told = record.errors or record.stopped or any(test.outcome in BAD_OUTCOMES for test in record.tests)
    return bundle.exit not in {None, 0} and not told


def _unmeasured(chosen: Sequence[Arrived]) -> list[Problem]:
    """Return a problem for each shard that measured nothing while others did."""
    measuring = [bundle for bundle in chosen if bundle.measured is not None]
    return [
        Problem(code="coverage-missing", text=f"{bundle.name} was not measured, other shards were")
        for bundle in chosen
        if measuring and bundle.measured is None
    ]


def _skipped(chosen: Sequence[Arrived], may_skip: MaySkip) -> list[Problem]:
    """Return a problem for each file that was skipped as a whole, and that nothing lets be."""
    reasons = {
        each.nodeid: each.text
        for bundle in chosen
        for each in bundle.record.collects
        if each.outcome == "skipped" and not may_skip(each.nodeid)
    }
    return [
        Problem(code="module-skipped", text=f"{nodeid} was skipped as a whole: {_reason(text)}")
        for nodeid, text in sorted(reasons.items())
    ]


def _reason(text: str) -> str:
    """Return why, without the file and line that pytest tells with it."""
    return text.rpartition("Skipped: ")[2].strip("')\" \n") or "no reason"


def _against_plan(plan: Plan, expected: int, chosen: Sequence[Arrived]) -> list[Problem]:
    problems = []
    if len(plan.shards) != expected:
        text = f"the plan is for {len(plan.shards)} shards, {expected} were expected"
        return [Problem(code="plan-foreign", text=text)]
    runs = Counter(test.nodeid for bundle in chosen for test in bundle.record.tests)
    planned = {nodeid for shard in plan.shards for nodeid in shard.nodeids}
    for bundle in chosen:
        ran = {test.nodeid for test in bundle.record.tests}
        shard = bundle.manifest.shard
        if not 1 <= shard <= expected:
            continue
        lost = sorted(set(plan.shards[shard - 1].nodeids) - ran)
        if lost:
            of = f" of shard {shard}" if expected > 1 else ""
            why = f": {'; '.join(bundle.record.stopped)}" if bundle.record.stopped else ""
            text = f"{len(lost)} planned test{'s' if len(lost) > 1 else ''}{of} never ran{why}"
            problems.append(Problem(code="test-missing", text=text, tests=tuple(lost)))
    twice = sorted(nodeid for nodeid, count in runs.items() if count > 1)
    if twice:
        problems.append(Problem(code="test-doubled", text=f"{len(twice)} tests ran more than once", tests=tuple(twice)))
    foreign = sorted(set(runs) - planned)
    if foreign:
        problems.append(
            Problem(code="test-unplanned", text=f"{len(foreign)} tests ran that no plan names", tests=tuple(foreign))
        )
    return problems


def _without_plan(chosen: Sequence[Arrived]) -> list[Problem]:
    problems = []
    lost = sorted({nodeid for bundle in chosen for nodeid in bundle.record.missing})
    if lost:
        why = "; ".join(reason for bundle in chosen for reason in bundle.record.stopped)
        text = f"{len(lost)} collected test{'s' if len(lost) > 1 else ''} never ran{f': {why}' if why else ''}"
        problems.append(Problem(code="test-missing", text=text, tests=tuple(lost)))
    if any(bundle.manifest.total > 1 for bundle in chosen):
        text = "no bundle holds a plan, so nobody can tell what is missing"
        problems.append(Problem(code="plan-missing", text=text))
    return problems
