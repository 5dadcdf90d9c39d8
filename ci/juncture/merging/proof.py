"""Prove that what arrived is exactly what was planned; name whatever is missing, doubled, torn or foreign.

Pure: bundles as values in, problems out. What must be there is stated by the caller, never taken from what arrived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from juncture.merging.attempts import newest
from juncture.merging.values import Problem
from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.merging.values import Arrived, Suite
    from juncture.recording.outcomes import TestRecord
    from juncture.sharding import Plan

__all__ = [
    "Excused",
    "MaySkip",
    "never_excused",
    "never_skipped",
    "prove",
    "prove_commits",
    "prove_jobs",
    "prove_measured",
    "prove_skips",
]

MaySkip = Callable[[str], bool]
"""Tells whether a file or folder may be skipped as a whole."""


Excused = Callable[[str], bool]
"""Tells whether failures of a test are excused: it is in quarantine."""


def never_skipped(_: str) -> bool:
    """Let no file or folder be skipped as a whole."""
    return False


def never_excused(_: str) -> bool:
    """Excuse no failure."""
    return False


def prove(
    expected: int, bundles: Sequence[Arrived], may_skip: MaySkip = never_skipped, excused: Excused = never_excused
) -> list[Problem]:
    """Return what is wrong with one suite's bundles, of which ``expected`` shards must be there."""
    chosen, problems = newest(bundles)
    problems += _shards(expected, chosen)
    plans = {bundle.manifest.plan for bundle in chosen if bundle.manifest.plan}
    if len(plans) > 1:
        words = ", ".join(f"shard {bundle.manifest.shard} {bundle.manifest.plan[:8] or 'none'}" for bundle in chosen)
        problems.append(Problem(code="plan-foreign", text=f"the shards obeyed different plans: {words}"))
    plan = next((bundle.plan for bundle in chosen if bundle.plan), None)
    for bundle in chosen:
        problems += _bundle(bundle, excused)
    problems += _doubled(chosen)
    problems += prove_measured(chosen)
    problems += prove_skips(chosen, may_skip)
    if plan is None:
        problems += _without_plan(chosen)
    elif len(plans) <= 1:
        problems += _against_plan(plan, expected, chosen)
    return problems


def prove_commits(bundles: Iterable[Arrived], expected: str = "") -> list[Problem]:
    """Return a problem where the bundles of all suites are not of one commit, or not of the ``expected`` one."""
    commits = Counter(bundle.manifest.commit for bundle in bundles if bundle.manifest.commit)
    words = ", ".join(f"{commit[:8]} ({count})" for commit, count in sorted(commits.items()))
    if len(commits) > 1:
        return [Problem(code="commit-foreign", text=f"the bundles are of different commits: {words}")]
    if expected and commits and expected not in commits:
        text = f"the bundles are of the commit {words}, this job is of {expected[:8]}"
        return [Problem(code="commit-foreign", text=text)]
    return []


def prove_jobs(results: Mapping[str, str], suites: Iterable[Suite]) -> list[Problem]:
    """Return a problem for each job that did not succeed though its suite looks as if it had.

    ``results`` maps suites to what the platform says of their jobs: success, failure, cancelled, skipped. Suites with
    commas between are those of one matrix, of which the platform does not tell which one it was. A bundle that is good
    all the same may be that of an older attempt, or of a job that ended early after it was uploaded.
    """
    every = {suite.name: suite for suite in suites}
    problems = []
    for names, result in results.items():
        own = [every[name] for name in names.split(",") if name in every]
        if own and result != "success" and not any(_tells(suite, result) for suite in own):
            named = ", ".join(suite.name for suite in own)
            text = f"the job of {named} ended as {result}, and its bundles do not say why"
            problems.append(Problem(code="job-failed", text=text))
    return problems


def _tells(suite: Suite, result: str) -> bool:
    """Tell whether a suite shows why its job ended in a way other than success."""
    failed = suite.failed or suite.failed_before
    return bool(suite.problems or suite.resolved or (failed and result == "failure"))


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


def _bundle(bundle: Arrived, excused: Excused) -> list[Problem]:
    problems = []
    of = f" (shard {bundle.manifest.shard})" if bundle.manifest.total > 1 else ""
    if bundle.unsealed:
        problems.append(Problem(code="bundle-unsealed", text=f"{bundle.name}: {bundle.unsealed}"))
    problems += [Problem(code="bundle-damaged", text=f"{bundle.name}: {line}") for line in bundle.damage]
    problems += [Problem(code="process-torn", text=f"{name} came to no orderly end{of}") for name in bundle.record.torn]
    problems += [Problem(code="run-broken", text=f"{sentence}{of}") for sentence in bundle.record.errors]
    if _failed_without_a_word(bundle, excused):
        why = f": {'; '.join(bundle.record.stopped)}" if bundle.record.stopped else ", and no test says why"
        text = f"pytest ended with exit code {bundle.exit}{of}{why}"
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


def _failed_without_a_word(bundle: Arrived, excused: Excused) -> bool:
    """Tell whether pytest's exit status says more than its tests: a plugin's gate, say, or no test at all.

    A run that was broken off tells why; where every test had ended by then, nothing else would say it. A failure that
    is excused explains nothing: pytest ends with 0 where there is no other.
    """
    record = bundle.record
    broken_off = record.stopped and record.missing
    failed = any(test.outcome in BAD_OUTCOMES and not excused(test.nodeid) for test in record.tests)
    told = record.errors or broken_off or failed
    return bundle.exit not in {None, 0} and not told


def prove_measured(chosen: Sequence[Arrived]) -> list[Problem]:
    """Return a problem for each shard that measured nothing while others did."""
    measuring = [bundle for bundle in chosen if bundle.measured is not None]
    return [
        Problem(code="coverage-missing", text=f"{bundle.name} was not measured, other shards were")
        for bundle in chosen
        if measuring and bundle.measured is None
    ]


def prove_skips(chosen: Sequence[Arrived], may_skip: MaySkip) -> list[Problem]:
    """Return a problem for each file that was skipped as a whole, and that nothing lets be.

    It may skip itself when it is collected, or all of its tests may be skipped one by one, by a fixture they share.
    """
    reasons = {
        each.nodeid: _reason(each.text)
        for bundle in chosen
        for each in bundle.record.collects
        if each.outcome == "skipped"
    }
    files: dict[str, list[TestRecord]] = defaultdict(list)
    for bundle in chosen:
        for test in bundle.record.tests:
            files[test.nodeid.partition("::")[0]].append(test)
    for nodeid, tests in files.items():
        if all(test.outcome == "skipped" for test in tests):
            reasons[nodeid] = tests[0].text.strip().partition("\n")[0] or "no reason"
    return [
        Problem(code="module-skipped", text=f"{nodeid} was skipped as a whole: {reason}")
        for nodeid, reason in sorted(reasons.items())
        if not may_skip(nodeid)
    ]


def _reason(text: str) -> str:
    """Return why, without the file and line that pytest tells with it."""
    return text.rpartition("Skipped: ")[2].strip("')\" \n") or "no reason"


def _against_plan(plan: Plan, expected: int, chosen: Sequence[Arrived]) -> list[Problem]:
    problems = []
    if len(plan.shards) != expected:
        text = f"the plan is for {len(plan.shards)} shards, {expected} were expected"
        return [Problem(code="plan-foreign", text=text)]
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
            text = f"{_tests(len(lost), 'planned ')}{of} never ran{why}"
            problems.append(Problem(code="test-missing", text=text, tests=tuple(lost)))
    foreign = sorted({test.nodeid for bundle in chosen for test in bundle.record.tests} - planned)
    if foreign:
        text = f"{_tests(len(foreign))} ran that no plan names"
        problems.append(Problem(code="test-unplanned", text=text, tests=tuple(foreign)))
    return problems


def _doubled(chosen: Sequence[Arrived]) -> list[Problem]:
    runs = Counter(test.nodeid for bundle in chosen for test in bundle.record.tests)
    twice = sorted(nodeid for nodeid, count in runs.items() if count > 1)
    text = f"{_tests(len(twice))} ran more than once"
    return [Problem(code="test-doubled", text=text, tests=tuple(twice))] if twice else []


def _tests(number: int, which: str = "") -> str:
    return f"{number} {which}test{'s' if number > 1 else ''}"


def _without_plan(chosen: Sequence[Arrived]) -> list[Problem]:
    problems = []
    lost = sorted({nodeid for bundle in chosen for nodeid in bundle.record.missing})
    if lost:
        why = "; ".join(reason for bundle in chosen for reason in bundle.record.stopped)
        text = f"{_tests(len(lost), 'collected ')} never ran{f': {why}' if why else ''}"
        problems.append(Problem(code="test-missing", text=text, tests=tuple(lost)))
    if any(bundle.manifest.total > 1 for bundle in chosen):
        text = "no bundle holds a plan, so nobody can tell what is missing"
        problems.append(Problem(code="plan-missing", text=text))
    return problems
