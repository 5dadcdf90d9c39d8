"""The proof: every way in which bundles can fail to be the plan, each with its code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bundled import arrived, ran, recorded, suite_of

from juncture.merging.proof import prove, prove_commits, prove_jobs
from juncture.merging.values import Problem
from juncture.recording.outcomes import CollectRecord
from juncture.sharding import PlannedTest, make_plan

if TYPE_CHECKING:
    from juncture.merging.values import Arrived

PLAN = make_plan([PlannedTest(f"{module}.py::test_{n}", f"{module}.py") for module in "ab" for n in (1, 2)], 2, {})


def bundle(shard: int, *, attempt: int = 1, tests: tuple[str, ...] | None = None, commit: str = "c") -> Arrived:
    """Return a good bundle of one of two shards, measured in one worker."""
    names = PLAN.shards[shard - 1].nodeids if tests is None else tests
    record = recorded(*map(ran, names), shard=shard, total=2, attempt=attempt)
    whole = replace(arrived(record, commit=commit), plan=PLAN, measured=frozenset({7}), exit=0)
    return replace(whole, manifest=replace(whole.manifest, plan=PLAN.digest))


def codes(problems: list[Problem]) -> list[str]:
    """Return the codes alone."""
    return [problem.code for problem in problems]


def test_exactly_the_plan_is_proved() -> None:
    """Both shards, each test once, measured and closed: nothing is wrong."""
    assert prove(2, [bundle(2), bundle(1)]) == []


def test_a_missing_shard_names_its_tests() -> None:
    """What the missing shard would have run is listed."""
    (problem,) = prove(2, [bundle(1)])
    assert problem.code == "shard-missing"
    assert problem.tests == PLAN.shards[1].nodeids


def test_nothing_at_all_is_red() -> None:
    """Without any bundle every expected shard is missing."""
    assert codes(prove(2, [])) == ["shard-missing", "shard-missing"]


def test_the_newest_attempt_decides() -> None:
    """An older attempt is left out, whatever is wrong with it."""
    old = replace(bundle(1, tests=()), damage=("x is missing",))
    assert prove(2, [old, bundle(1, attempt=2), bundle(2)]) == []


def test_one_attempt_twice() -> None:
    """Two bundles of one shard and attempt can't both be the truth."""
    assert "shard-doubled" in codes(prove(2, [bundle(1), bundle(1), bundle(2)]))


def test_other_plans() -> None:
    """Shards with different digests, and a plan for another number of shards, are refused."""
    other = bundle(2)
    assert codes(prove(2, [bundle(1), replace(other, manifest=replace(other.manifest, plan="f" * 64))])) == [
        "plan-foreign"
    ]
    assert "plan-foreign" in codes(prove(3, [bundle(1), bundle(2)]))


def test_no_plan_at_all() -> None:
    """A divided suite without a plan can't be proved; an undivided one by what it collected."""
    without = [replace(bundle(shard), plan=None) for shard in (1, 2)]
    assert codes(prove(2, without)) == ["plan-missing"]
    single = bundle(1)
    single = replace(single, plan=None, manifest=replace(single.manifest, total=1))
    assert prove(1, [single]) == []
    record = replace(single.record, missing=("a.py::test_9",))
    assert codes(prove(1, [replace(single, record=record)])) == ["test-missing"]


def test_a_test_that_never_ran() -> None:
    """A planned test without a record is named."""
    (problem,) = prove(2, [bundle(1, tests=PLAN.shards[0].nodeids[1:]), bundle(2)])
    assert (problem.code, problem.tests) == ("test-missing", PLAN.shards[0].nodeids[:1])


def test_a_test_in_two_shards_and_one_in_none() -> None:
    """What ran twice, and what no plan names, is told apart."""
    twice = (*PLAN.shards[0].nodeids, PLAN.shards[1].nodeids[0])
    assert codes(prove(2, [bundle(1, tests=twice), bundle(2)])) == ["test-doubled"]
    extra = (*PLAN.shards[0].nodeids, "z.py::test_z")
    assert codes(prove(2, [bundle(1, tests=extra), bundle(2)])) == ["test-unplanned"]


def test_bundles_that_are_not_whole() -> None:
    """A torn process, a bundle without seal, a changed file, lost coverage and an empty bundle each have a code."""
    good = bundle(1)
    bad = {
        "process-torn": replace(good, record=replace(good.record, torn=("gw0",))),
        "bundle-unsealed": replace(good, unsealed="it was never sealed"),
        "bundle-damaged": replace(good, damage=("plan.json is missing",)),
        "coverage-missing": replace(good, measured=frozenset()),
        "nothing-recorded": replace(good, record=replace(good.record, workers=(), tests=good.record.tests)),
    }
    for code, each in bad.items():
        assert codes(prove(2, [each, bundle(2)])) == [code]


def test_what_is_no_tests_error() -> None:
    """A module that could not be collected, and an error of pytest itself, are red though every test passed."""
    good = bundle(1)
    collects = (CollectRecord(nodeid="c.py", outcome="failed", text="SyntaxError"),)
    broken = replace(good.record, collects=collects, internal=("Traceback\nValueError: x",))
    problems = prove(2, [replace(good, record=broken), bundle(2)])
    assert codes(problems) == ["run-broken", "run-broken"]
    assert problems[0].text == "c.py could not be collected (shard 1)"
    assert problems[1].text == "pytest met an internal error: ValueError: x (shard 1)"


def test_a_test_twice_in_one_shard() -> None:
    """Two records of one test in one bundle are as wrong as two in two."""
    good = bundle(1)
    twice = replace(good.record, tests=(*good.record.tests, good.record.tests[0]))
    assert codes(prove(2, [replace(good, record=twice), bundle(2)])) == ["test-doubled"]
    undivided = replace(good, record=twice, plan=None, manifest=replace(good.manifest, total=1))
    assert codes(prove(1, [undivided])) == ["test-doubled"]


def test_an_unmeasured_run_needs_no_data() -> None:
    """Without coverage (``--no-cov``) no data is missing."""
    assert prove(2, [replace(bundle(shard), measured=None) for shard in (1, 2)]) == []


def test_commits() -> None:
    """All bundles of all suites are of one commit; one that does not know its own says nothing."""
    assert prove_commits([bundle(1), bundle(2, commit="")]) == []
    (problem,) = prove_commits([bundle(1, commit="a" * 40), bundle(2, commit="b" * 40)])
    assert problem.code == "commit-foreign"
    assert "aaaaaaaa (1), bbbbbbbb (1)" in problem.text


def test_the_commit_of_the_merge() -> None:
    """Bundles that agree with each other may all be of another commit than the job that merges them."""
    bundles = [bundle(1, commit="a" * 40), bundle(2, commit="")]
    assert prove_commits(bundles, "a" * 40) == []
    assert prove_commits([bundle(1, commit="")], "a" * 40) == []
    (problem,) = prove_commits(bundles, "b" * 40)
    assert problem.text == "the bundles are of the commit aaaaaaaa (1), this job is of bbbbbbbb"


def test_a_shard_without_coverage_among_measured_ones() -> None:
    """One job that measured nothing would lower the coverage of all without a word."""
    (problem,) = prove(2, [bundle(1), replace(bundle(2), measured=None)])
    assert problem.code == "coverage-missing"
    assert problem.text == "shard-2 was not measured, other shards were"


def test_a_module_that_skipped_itself() -> None:
    """It is red with its reason, unless it may."""
    skipped = CollectRecord(nodeid="c.py", outcome="skipped", text="('/x/c.py', 3, 'Skipped: no database')")
    one = replace(bundle(1), record=replace(bundle(1).record, collects=(skipped,)))
    (problem,) = prove(2, [one, bundle(2)])
    assert problem.code == "module-skipped"
    assert problem.text == "c.py was skipped as a whole: no database"
    assert prove(2, [one, bundle(2)], lambda nodeid: nodeid == "c.py") == []


def test_a_file_whose_tests_were_all_skipped() -> None:
    """One by one, as by a fixture that finds no database: that is no more than a module that skips itself."""
    names = PLAN.shards[0].nodeids
    skipped = [ran(name, "skipped", text="no database\nat all") for name in names]
    one = replace(bundle(1), record=replace(bundle(1).record, tests=tuple(skipped)))
    (problem,) = prove(2, [one, bundle(2)])
    file = names[0].partition("::")[0]
    assert (problem.code, problem.text) == ("module-skipped", f"{file} was skipped as a whole: no database")
    assert prove(2, [one, bundle(2)], lambda nodeid: nodeid == file) == []
    some = replace(one, record=replace(one.record, tests=(skipped[0], *map(ran, names[1:]))))
    assert prove(2, [some, bundle(2)]) == []


def test_a_run_that_was_broken_off_after_its_last_test() -> None:
    """A plugin may end the run when every test has passed: then the exit code is all that tells of it."""
    stopped = replace(bundle(1), exit=2, record=replace(bundle(1).record, stopped=("too slow",)))
    (problem,) = prove(2, [stopped, bundle(2)])
    assert (problem.code, problem.text) == ("run-broken", "pytest ended with exit code 2 (shard 1): too slow")
    lost = PLAN.shards[0].nodeids[:1]
    record = replace(stopped.record, missing=lost, tests=stopped.record.tests[1:])
    (problem,) = prove(2, [replace(stopped, record=record), bundle(2)])
    assert (problem.code, problem.tests) == ("test-missing", lost)


def test_an_exit_code_that_no_test_explains() -> None:
    """A plugin's gate, or a run that was ended by something else, is red though all tests passed."""
    (problem,) = prove(2, [replace(bundle(1), exit=1), bundle(2)])
    assert problem.code == "run-broken"
    assert problem.text == "pytest ended with exit code 1 (shard 1), and no test says why"
    failed = tuple(ran(name, "failed") for name in PLAN.shards[0].nodeids)
    told = [replace(bundle(1), exit=1, record=replace(bundle(1).record, tests=failed)), bundle(2)]
    assert prove(2, told) == []
    assert codes(prove(2, told, excused=lambda nodeid: nodeid == failed[0].nodeid)) == []
    assert codes(prove(2, told, excused=lambda _: True)) == ["run-broken"]


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped"])
def test_a_job_that_did_not_succeed(result: str) -> None:
    """What the platform says counts where the bundles look good: they may be an older attempt's."""
    good, failed = suite_of(recorded(ran("a"))), suite_of(recorded(ran("a", "failed")))
    (problem,) = prove_jobs({"integration": result}, [good])
    assert problem.code == "job-failed"
    assert problem.text == f"the job of integration ended as {result}, and its bundles do not say why"
    assert bool(prove_jobs({"integration": result}, [failed])) == (result != "failure")
    assert prove_jobs({"integration": "success", "unit": result}, [good]) == []


def test_a_rerun_tells_why_a_job_did_not_succeed() -> None:
    """What failed in the first run, or was wrong with it, is what the platform heard of; without either nobody says."""
    first, again = recorded(ran("a", "failed")), arrived(recorded(ran("a"), rerun=True), rerun="r")
    mended = replace(suite_of(first), tests=(ran("a"),), reruns=(again,))
    assert prove_jobs({"integration": "failure"}, [mended]) == []
    assert [each.code for each in prove_jobs({"integration": "cancelled"}, [mended])] == ["job-failed"]
    resolved = replace(mended, resolved=(Problem(code="shard-missing", text="x"),))
    assert prove_jobs({"integration": "cancelled"}, [resolved]) == []
    needless = replace(suite_of(recorded(ran("a"))), reruns=(again,))
    assert [each.code for each in prove_jobs({"integration": "failure"}, [needless])] == ["job-failed"]


def test_one_suite_of_a_matrix_tells_why_its_jobs_failed() -> None:
    """GitHub tells one result for all Pythons of a matrix: a failure in one of their suites explains it."""
    good, failed = suite_of(recorded(ran("t.py::test_a", "passed"))), suite_of(recorded(ran("t.py::test_a", "failed")))
    older, newer = replace(good, name="unit-3.12"), replace(failed, name="unit-3.13")
    assert prove_jobs({"unit-3.12,unit-3.13": "failure"}, [older, newer]) == []
    (problem,) = prove_jobs({"unit-3.12,unit-3.13": "failure"}, [older, replace(good, name="unit-3.13")])
    assert problem.text == "the job of unit-3.12, unit-3.13 ended as failure, and its bundles do not say why"
