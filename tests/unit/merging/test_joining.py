"""Two runs as one: what a re-run makes good, and every way in which it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bundled import arrived, ran, recorded

from juncture.merging.joining import Joined, join
from juncture.merging.rerun import name_of
from juncture.sharding import PlannedTest, make_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Arrived
    from juncture.recording.outcomes import TestRecord
    from juncture.sharding import Plan

IDS = [f"{module}.py::test_{n}" for module in "ab" for n in (1, 2)]
PLAN = make_plan([PlannedTest(nodeid, nodeid.partition("::")[0]) for nodeid in IDS], 2, {})
A1, A2 = PLAN.shards[0].nodeids
B1, B2 = PLAN.shards[1].nodeids


def plan_over(shards: int, *nodeids: str) -> Plan:
    """Return a plan of these tests, each a group of its own."""
    return make_plan([PlannedTest(nodeid, nodeid) for nodeid in nodeids], shards, {})


def first(shard: int, *tests: TestRecord, attempt: int = 1, **more: Any) -> Arrived:
    """Return a bundle of the first run: all tests of the shard passed where none are given."""
    found = tests or tuple(map(ran, PLAN.shards[shard - 1].nodeids))
    record = replace(recorded(*found, shard=shard, total=2, attempt=attempt), **more)
    return arrived(
        record, plan=PLAN, run=f"run-{shard}-{attempt}", exit=int(any(test.outcome == "failed" for test in found))
    )


def again(
    base: Sequence[Arrived], *tests: TestRecord, plan: Plan | None = None, shard: int = 1, **more: Any
) -> Arrived:
    """Return a bundle of a re-run of ``base``, by a plan of just these tests where no other is given."""
    plan = plan or plan_over(1, *(test.nodeid for test in tests))
    record = recorded(*tests, shard=shard, total=len(plan.shards), rerun=True)
    known: dict[str, Any] = {"name": f"rerun-{shard}", "rerun": name_of(base), "run": "again", "exit": 0, **more}
    return arrived(record, plan=plan, **known)


def codes(joined: Joined) -> list[str]:
    """Return the codes of what is wrong."""
    return [problem.code for problem in joined.problems]


FAILED = [first(1, ran(A1, "failed"), ran(A2)), first(2)]
LOST = [first(1)]
TORN = [first(1, ran(A1, worker="gw0"), ran(A2, worker="gw1"), torn=("gw1",)), first(2)]
STOPPED = [first(1), replace(first(2, ran(B1), missing=(B2,)), unsealed="it was never sealed")]


def test_without_a_rerun_all_is_as_it_was() -> None:
    """Both shards, or the one that is missing, and their tests."""
    assert codes(join(2, [first(1), first(2)])) == []
    assert codes(join(2, LOST)) == ["shard-missing"]
    assert [test.nodeid for test in join(2, [first(2), first(1)]).tests] == IDS


@pytest.mark.parametrize(
    ("base", "tests", "resolved"),
    [
        (FAILED, [A1], []),
        (LOST, [B1, B2], ["shard-missing"]),
        (TORN, [A2], ["process-torn"]),
        (STOPPED, [B2], ["bundle-unsealed", "test-missing"]),
        (FAILED, IDS, []),
    ],
    ids=["failed", "lost", "torn", "stopped", "more than needed"],
)
def test_what_ran_again_makes_the_run_whole(base: list[Arrived], tests: list[str], resolved: list[str]) -> None:
    """Every test is there once, with its last outcome, and what was wrong is told as resolved."""
    joined = join(2, [*base, again(base, *map(ran, tests))])
    assert codes(joined) == []
    assert [problem.code for problem in joined.resolved] == resolved
    assert [(test.nodeid, test.outcome) for test in joined.tests] == [(nodeid, "passed") for nodeid in IDS]


def test_the_first_failure_is_evidence() -> None:
    """A test that failed and then passed is flaky, whichever attempts there were."""
    base = [first(1, ran(A1, "failed"), ran(A2)), first(1, ran(A1, "failed"), ran(A2), attempt=2), first(2)]
    joined = join(2, [*base, again(base, ran(A1))])
    assert {nodeid: len(reports) for nodeid, reports in joined.earlier.items()} == {A1: 2}


def test_what_fails_again_stays_failed() -> None:
    """A re-run proves what it proves."""
    joined = join(2, [*FAILED, again(FAILED, ran(A1, "failed"), exit=1)])
    assert codes(joined) == []
    assert [test.outcome for test in joined.tests] == ["failed", "passed", "passed", "passed"]


def test_a_rerun_of_other_bundles_counts_for_nothing() -> None:
    """Of another run of the same plan, of a shard's older attempt, of none, and of nothing that is there at all."""
    other = [replace(each, manifest=replace(each.manifest, run="other")) for each in FAILED]
    newer = [*FAILED, first(1, ran(A1, "failed"), ran(A2), attempt=2)]
    for base, made_of in ((FAILED, other), (newer, FAILED), (FAILED, LOST), ([], FAILED)):
        joined = join(2, [*base, again(made_of, ran(A1))])
        assert "plan-foreign" in codes(joined)
        assert joined.reruns == ()
        assert [test.outcome for test in joined.tests if test.nodeid == A1] == ["failed"] * bool(base)


def test_a_rerun_that_lacks_a_test_is_none() -> None:
    """What it owes is named, and nothing that has no test of its own is resolved by it."""
    base = [replace(TORN[0], record=replace(TORN[0].record, torn=("gw0", "gw1"))), first(2)]
    joined = join(2, [*base, again(base, ran(A1))])
    assert codes(joined) == ["process-torn", "process-torn", "test-missing"]
    assert joined.problems[-1].tests == (A2,)
    assert joined.problems[-1].text == f"re-run: its plan lacks what failed or never ran: {A2}"


def test_a_rerun_with_a_test_of_nobodys_plan() -> None:
    """It collected something else."""
    joined = join(2, [*FAILED, again(FAILED, ran(A1), ran("c.py::test_new"))])
    assert codes(joined) == ["test-unplanned"]


def test_a_rerun_that_lost_a_shard() -> None:
    """Its other shard makes good what has tests of its own, and no process: none of it may be let pass as missing."""
    base = [replace(TORN[0], record=replace(TORN[0].record, torn=("gw0", "gw1"))), first(2)]
    plan = plan_over(2, A1, A2)
    mine = [ran(nodeid) for nodeid in plan.shards[0].nodeids]
    joined = join(2, [*base, again(base, *mine, plan=plan)])
    assert codes(joined) == ["process-torn", "process-torn", "shard-missing"]
    joined = join(2, [*base, *(again(base, ran(s.nodeids[0]), plan=plan, shard=s.index) for s in plan.shards)])
    assert codes(joined) == []


def test_a_rerun_that_crashed() -> None:
    """A test in flight did not end, one that never started is missing, and the process is torn."""
    crashed = again(LOST, ran(B1, "error", ended=False), plan=plan_over(1, B1, B2))
    crashed = replace(crashed, record=replace(crashed.record, torn=("gw0",)), unsealed="why", exit=None)
    joined = join(2, [*LOST, crashed])
    assert codes(joined) == ["shard-missing", "bundle-unsealed", "process-torn", "test-missing"]
    assert all(problem.text.startswith("re-run: ") for problem in joined.problems[1:])


def test_a_rerun_without_a_plan() -> None:
    """It ended before it had collected: nothing tells what it was to run."""
    joined = join(2, [*LOST, replace(again(LOST, ran(B1), ran(B2)), plan=None)])
    assert "plan-missing" in codes(joined)


def test_what_is_there_and_wrong_stays_wrong() -> None:
    """Damage, lost coverage and a broken run are resolved by nothing."""
    damaged = [replace(FAILED[0], damage=("x was changed",)), FAILED[1]]
    assert codes(join(2, [*damaged, again(damaged, ran(A1))])) == ["bundle-damaged"]
    broken = [replace(FAILED[0], record=replace(FAILED[0].record, internal=("E",))), FAILED[1]]
    assert codes(join(2, [*broken, again(broken, ran(A1))])) == ["run-broken"]
    doubled = [*FAILED, FAILED[1]]
    assert "shard-doubled" in codes(join(2, [*doubled, again(doubled, ran(A1))]))
    measured = [replace(each, measured=frozenset({7})) for each in FAILED]
    assert codes(join(2, [*measured, again(measured, ran(A1))])) == ["coverage-missing"]
    assert codes(join(2, [*measured, replace(again(measured, ran(A1)), measured=frozenset({7}))])) == []


def test_a_file_is_skipped_by_both_runs_or_by_none() -> None:
    """One test that is skipped again is no file; a file that failed and is then skipped is one."""
    base = [first(1, ran(A1, "skipped", worker="gw1"), ran(A2, worker="gw0"), torn=("gw1",)), first(2)]
    assert codes(join(2, [*base, again(base, ran(A1, "skipped"))])) == []
    base = [first(1, ran(A1, "failed"), ran(A2, "failed")), first(2)]
    joined = join(2, [*base, again(base, ran(A1, "skipped"), ran(A2, "skipped"))])
    assert codes(joined) == ["module-skipped"]


def test_the_newest_attempt_of_a_rerun_decides() -> None:
    """A re-run may run again as often as it takes; what it was of stays the first run."""
    once = again(FAILED, ran(A1, "failed"), exit=1)
    twice = replace(again(FAILED, ran(A1)), manifest=replace(once.manifest, attempt=2, run="third"))
    joined = join(2, [*FAILED, once, twice])
    assert codes(joined) == []
    assert joined.tests[0].outcome == "passed"
    assert len(joined.earlier[A1]) == 2
