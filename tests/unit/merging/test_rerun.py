"""What of an earlier run has to run again, and the name of that run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bundled import arrived, ran, recorded

from juncture.merging.rerun import name_of, plan_of, wanted
from juncture.sharding import PlannedTest, make_plan

if TYPE_CHECKING:
    from juncture.merging.values import Arrived
    from juncture.model import Outcome

PLAN = make_plan([PlannedTest(f"{module}.py::test_{n}", f"{module}.py") for module in "ab" for n in (1, 2)], 2, {})
FIRST, SECOND = (shard.nodeids for shard in PLAN.shards)


def bundle(shard: int, *, attempt: int = 1, run: str = "", **more: Any) -> Arrived:
    """Return a bundle of one of two shards, all of whose tests passed; ``more`` are fields of its record."""
    tests = tuple(map(ran, PLAN.shards[shard - 1].nodeids))
    record = replace(recorded(*tests, shard=shard, total=2, attempt=attempt), **more)
    return arrived(record, plan=PLAN, run=run or f"run-{shard}-{attempt}")


def test_a_whole_run_owes_nothing() -> None:
    """All ended well in processes that did too."""
    assert wanted([bundle(1), bundle(2)]) == frozenset()


@pytest.mark.parametrize("outcome", ["failed", "error"])
def test_what_failed_runs_again(outcome: Outcome) -> None:
    """A failure and an error; whether something excuses them is not asked."""
    tests = (ran(FIRST[0], outcome), ran(FIRST[1]))
    assert wanted([bundle(1, tests=tests), bundle(2)]) == {FIRST[0]}


def test_what_never_ran_runs_again() -> None:
    """The tests of a shard that did not arrive, and those of one that was broken off."""
    assert wanted([bundle(1)]) == set(SECOND)
    short = bundle(2, tests=(ran(SECOND[0]),))
    assert wanted([bundle(1), short]) == {SECOND[1]}
    collected = bundle(2, tests=(ran(SECOND[0]),), missing=("more",))
    assert wanted([bundle(1), collected]) == {SECOND[1], "more"}


def test_a_torn_process_owes_all_it_ran() -> None:
    """What it measured is lost, and what was to come after its last test; other processes owe nothing."""
    tests = (ran(FIRST[0], worker="gw0"), ran(FIRST[1], worker="gw1"))
    assert wanted([bundle(1, tests=tests, torn=("gw1",)), bundle(2)]) == {FIRST[1]}


@pytest.mark.parametrize("name", ["controller", "a process without a name", "gw7"])
def test_a_torn_process_without_tests_puts_its_shard_in_doubt(name: str) -> None:
    """Nobody can tell what befell it: all of the shard runs again, unless the shard owes something anyway."""
    assert wanted([bundle(1, torn=(name,)), bundle(2)]) == set(FIRST)
    short = bundle(1, tests=(ran(FIRST[0]),), torn=(name,))
    assert wanted([short, bundle(2)]) == {FIRST[1]}


def test_an_unsealed_bundle_is_in_doubt_too() -> None:
    """Its job ended early: it owes what failed or never ran, and all where that is nothing."""
    assert wanted([replace(bundle(1), unsealed="why"), bundle(2)]) == set(FIRST)
    failed = replace(bundle(1, tests=(ran(FIRST[0], "failed"), ran(FIRST[1]))), unsealed="why")
    assert wanted([failed, bundle(2)]) == {FIRST[0]}


def test_the_newest_attempt_tells() -> None:
    """What failed in an older one does not run again."""
    old = bundle(1, tests=(ran(FIRST[0], "failed"),))
    assert wanted([old, bundle(1, attempt=2), bundle(2)]) == frozenset()


def test_a_run_has_a_name() -> None:
    """It is that of these very runs of this plan, in whatever order they arrive."""
    one, two = bundle(1), bundle(2)
    assert name_of([one, two]) == name_of([two, one])
    others = [[one], [one, two, bundle(2, attempt=2)], [one, bundle(2, run="other")]]
    other = make_plan([PlannedTest("c", "c")], 2, {})
    others.append([replace(each, plan=other) for each in (one, two)])
    assert len({name_of([one, two]), *map(name_of, others)}) == 5


def test_without_one_plan_there_is_no_name() -> None:
    """Neither where no bundle has one, nor where they have several."""
    other = make_plan([PlannedTest("c", "c")], 2, {})
    for bundles in ([], [replace(bundle(1), plan=None)], [bundle(1), replace(bundle(2), plan=other)]):
        assert plan_of(bundles) is None
        assert name_of(bundles) == ""
