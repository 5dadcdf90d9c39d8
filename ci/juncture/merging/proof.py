"""Prove that what arrived is exactly what was planned; name whatever is missing, doubled, torn or foreign.

Pure: bundles as values in, problems out. What must be there is stated by the caller, never taken from what arrived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.recording.bundle import Manifest
    from juncture.recording.outcomes import RunRecord
    from juncture.sharding import Plan

__all__ = ["Arrived", "Code", "Problem", "newest", "prove", "prove_commits"]

Code = Literal[
    "shard-missing",
    "shard-doubled",
    "shard-foreign",
    "plan-foreign",
    "plan-missing",
    "commit-foreign",
    "bundle-unsealed",
    "bundle-damaged",
    "process-torn",
    "test-missing",
    "test-doubled",
    "test-unplanned",
    "coverage-missing",
    "nothing-recorded",
    "run-broken",
]
"""What can be wrong; docs/reference/merge.md tells what to do about each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, in a sentence, and the tests that it is about."""

    code: Code
    text: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One bundle as it arrived.

    ``unsealed`` tells why it has no manifest of its own (then ``manifest`` is taken from its journals), ``damage`` what
    differs from the manifest, and ``measured`` which processes left coverage data (None where nothing was measured).
    """

    name: str
    manifest: Manifest
    unsealed: str
    damage: tuple[str, ...]
    plan: Plan | None
    record: RunRecord
    measured: frozenset[int] | None


def newest(bundles: Iterable[Arrived]) -> tuple[list[Arrived], list[Problem]]:
    """Return the newest attempt of each shard, by index, and a problem for each attempt that arrived twice."""
    by_shard: dict[int, list[Arrived]] = defaultdict(list)
    for bundle in bundles:
        by_shard[bundle.manifest.shard].append(bundle)
    chosen, problems = [], []
    for shard, found in sorted(by_shard.items()):
        last = max(bundle.manifest.attempt for bundle in found)
        same = [bundle for bundle in found if bundle.manifest.attempt == last]
        chosen.append(same[0])
        if len(same) > 1:
            names = " and ".join(bundle.name for bundle in same)
            problems.append(Problem(code="shard-doubled", text=f"shard {shard} arrived {len(same)} times: {names}"))
    return chosen, problems


def prove(expected: int, bundles: Sequence[Arrived]) -> list[Problem]:
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
    if not bundle.record.workers:
        problems.append(Problem(code="nothing-recorded", text=f"{bundle.name}: no process recorded anything"))
    if bundle.measured is not None:
        problems += [
            Problem(code="coverage-missing", text=f"{worker.name} left no coverage data{of}")
            for worker in bundle.record.workers
            if worker.closed and worker.pid not in bundle.measured
        ]
    return problems


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
