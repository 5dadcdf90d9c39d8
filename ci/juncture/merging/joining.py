"""Join the bundles of one suite with those of a re-run, and prove that both together are the whole.

Pure: bundles as values in, one set of tests and problems out. A re-run has to be of exactly the bundles
that arrived, to hold all that they owe, and to be whole itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from juncture.merging.attempts import earlier_failures, failures_of, newest
from juncture.merging.proof import (
    Excused,
    MaySkip,
    never_excused,
    never_skipped,
    prove,
    prove_measured,
    prove_skips,
)
from juncture.merging.rerun import name_of, plan_of, wanted
from juncture.merging.values import Code, Problem
from juncture.sharding.plan import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from juncture.merging.values import Arrived
    from juncture.recording.outcomes import Report, TestRecord

__all__ = ["Joined", "join"]

RESOLVED: frozenset[Code] = frozenset({"shard-missing", "test-missing", "process-torn", "bundle-unsealed"})
"""What a re-run resolves: something did not come to its end. What is there and wrong stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What the bundles of one suite are together; see `values.Suite`."""

    shards: Sequence[Arrived]
    tests: Sequence[TestRecord]
    problems: Sequence[Problem]
    earlier: Mapping[str, tuple[Report, ...]]
    reruns: Sequence[Arrived] = ()
    resolved: Sequence[Problem] = ()


def join(
    expected: int, bundles: Iterable[Arrived], may_skip: MaySkip = never_skipped, excused: Excused = never_excused
) -> Joined:
    """Return the newest attempt of each of ``expected`` shards, with what a re-run makes good where one arrived.

    The tests that ran again take the place of the first run's, whose failures become evidence of flaky tests. A re-run
    of other bundles than these counts for nothing, and is a problem.
    """
    base: list[Arrived] = []
    again: list[Arrived] = []
    for bundle in bundles:
        (again if bundle.manifest.rerun else base).append(bundle)
    shards, _ = newest(base)
    reruns, _ = newest(again)
    foreign = _foreign(base, reruns)
    if foreign or not reruns:
        return Joined(
            shards=shards,
            tests=_sorted(shards),
            problems=[*prove(expected, base, may_skip, excused), *foreign],
            earlier=earlier_failures(base),
        )
    ran = {test.nodeid for bundle in reruns for test in bundle.record.tests}
    kept = [_without(bundle, ran) for bundle in shards]
    resolved, left = _divided(prove(expected, base, _any_may_skip, excused), base, reruns)
    problems = [
        *left,
        *prove_measured([*shards, *reruns]),
        *(replace(problem, text=f"re-run: {problem.text}") for problem in _of_rerun(base, again, excused)),
        *prove_skips([*kept, *reruns], may_skip),
    ]
    return Joined(
        shards=shards,
        reruns=reruns,
        tests=_sorted([*kept, *reruns]),
        problems=list(dict.fromkeys(problems)),
        resolved=resolved,
        earlier=_earlier(base, again, ran),
    )


def _foreign(base: Sequence[Arrived], reruns: Sequence[Arrived]) -> list[Problem]:
    """Return a problem for each bundle of a re-run that is not of these bundles."""
    name = name_of(base)
    return [
        Problem(code="plan-foreign", text=f"{bundle.name} is a re-run of other bundles than those that arrived")
        for bundle in reruns
        if bundle.manifest.rerun != name
    ]


def _divided(
    problems: Iterable[Problem], base: Sequence[Arrived], reruns: Sequence[Arrived]
) -> tuple[list[Problem], list[Problem]]:
    """Return the first run's problems that a re-run resolved, and the others.

    What counts is what ran again and came to its end, not what was planned to: a re-run that lost a shard resolves no
    process, even where what is missing is let pass.
    """
    ended = {test.nodeid for bundle in reruns for test in bundle.record.tests if test.ended}
    whole = wanted(base) <= ended
    resolved: list[Problem] = []
    left: list[Problem] = []
    for problem in problems:
        mended = ended.issuperset(problem.tests) and (whole or bool(problem.tests))
        (resolved if problem.code in RESOLVED and mended else left).append(problem)
    return resolved, left


def _of_rerun(base: Sequence[Arrived], again: Sequence[Arrived], excused: Excused) -> list[Problem]:
    """Return what is wrong with a re-run: as a run of its own plan, and with that plan."""
    chosen, _ = newest(again)
    plan = plan_of(again)
    shards = len(plan.shards) if plan else chosen[0].manifest.total
    problems = prove(shards, again, _any_may_skip, excused)
    if plan is None:
        return [*problems, Problem(code="plan-missing", text="its bundles have no plan in common")]
    first = plan_of(base)
    lacking = sorted(wanted(base) - plan.groups.keys())
    unknown = sorted(plan.groups.keys() - (first.groups.keys() if first else ()))
    if lacking:
        text = f"its plan lacks what failed or never ran: {listed(lacking)}"
        problems.append(Problem(code="test-missing", text=text, tests=tuple(lacking)))
    if unknown:
        text = f"its plan has what the first run's has not: {listed(unknown)}"
        problems.append(Problem(code="test-unplanned", text=text, tests=tuple(unknown)))
    return problems


def _earlier(base: Sequence[Arrived], again: Sequence[Arrived], ran: Collection[str]) -> dict[str, tuple[Report, ...]]:
    """Return the failures of tests before their last run, oldest first: in older attempts, then in the first run."""
    found: dict[str, list[Report]] = defaultdict(list)
    for nodeid, reports in earlier_failures(base).items():
        found[nodeid] += reports
    for bundle in newest(base)[0]:
        for test in bundle.record.tests:
            if test.nodeid in ran:
                found[test.nodeid] += failures_of(test, bundle.manifest.attempt)
    for nodeid, reports in earlier_failures(again).items():
        found[nodeid] += reports
    return {nodeid: tuple(reports) for nodeid, reports in found.items() if reports}


def _without(bundle: Arrived, nodeids: Collection[str]) -> Arrived:
    """Return a bundle without the records of some tests."""
    tests = tuple(test for test in bundle.record.tests if test.nodeid not in nodeids)
    return replace(bundle, record=replace(bundle.record, tests=tests))


def _sorted(bundles: Iterable[Arrived]) -> list[TestRecord]:
    return sorted((test for bundle in bundles for test in bundle.record.tests), key=lambda test: test.nodeid)


def _any_may_skip(_: str) -> bool:
    """Leave the question of skipped files open: it is one to both runs together."""
    return True
