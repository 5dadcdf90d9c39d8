"""The budget: nothing within it, and past it what costs most."""

from __future__ import annotations

from juncture.recording.outcomes import FixtureRecord, RunRecord, TestRecord, WorkerRecord
from juncture.reporting.budget import over_budget


def record(shard: int, *walls: float, tests: dict[str, float], fixtures: tuple[FixtureRecord, ...] = ()) -> RunRecord:
    """Return the record of a shard whose workers took these seconds, and of tests by their node ids."""
    return RunRecord(
        tests=tuple(
            TestRecord(nodeid=nodeid, worker="gw0", outcome="passed", seconds={"setup": 0.5, "call": seconds - 0.5})
            for nodeid, seconds in tests.items()
        ),
        workers=tuple(WorkerRecord(name=f"gw{at}", pid=at, closed=True, wall=wall) for at, wall in enumerate(walls)),
        missing=(),
        torn=(),
        notes=(),
        shard=shard,
        fixtures=fixtures,
    )


def fixture(phase: str, seconds: float, test: str = "") -> FixtureRecord:
    """Return one setup or teardown of the same fixture."""
    return FixtureRecord(
        name="catalogue", scope="module", base="tests/a.py", phase=phase, seconds=seconds, worker="gw0", test=test
    )


def test_run_within_its_budget_is_no_news() -> None:
    """A run that took exactly its budget, one without a budget, and one that never was, are told nothing."""
    within = record(1, 30.0, tests={"a": 1.0})
    assert over_budget({"integration": [within]}, 30.0) == []
    assert over_budget({"integration": [within]}, 0.0) == []
    assert over_budget({"integration": [record(1, tests={})]}, 30.0) == []
    assert over_budget({}, 30.0) == over_budget({"integration": []}, 30.0) == []


def test_budget_counts_the_slowest_worker() -> None:
    """Workers run side by side: the longest of them is the run's wall time."""
    assert over_budget({"integration": [record(1, 12.0, 38.25, tests={})]}, 30.0) == [
        "it took 38.2 s, 8.2 s more than the budget of 30 s",
    ]


def test_costliest_tests_and_fixtures_follow() -> None:
    """A fixture's cost is its own, with all its setups, and not that of the test that needed it first."""
    slow = record(
        1,
        38.0,
        tests={"tests/a.py::test_first": 9.0, "tests/a.py::test_second": 2.0, "tests/b.py::test_b": 12.0},
        fixtures=(
            fixture("setup", 8.0, "tests/a.py::test_first"),
            fixture("teardown", 0.5),
            fixture("setup", 3.0, "tests/elsewhere.py::test_x"),
        ),
    )
    assert over_budget({"integration": [slow]}, 30.0)[1:] == [
        "12.00 s  tests/b.py::test_b",
        "11.50 s  fixture catalogue of tests/a.py (module, set up 2 times)",
        " 2.00 s  tests/a.py::test_second",
        " 1.00 s  tests/a.py::test_first",
    ]


def test_shards_are_judged_by_the_slowest_and_pay_together() -> None:
    """Shards run side by side, but what each of them pays for the same fixture adds up; five costs are told."""
    first = record(
        1, 20.0, tests={f"t{number}": 1.0 + number for number in range(9)}, fixtures=(fixture("setup", 4.0),)
    )
    second = record(2, 31.5, tests={"u": 5.0}, fixtures=(fixture("setup", 4.5),))
    lines = over_budget({"integration": [first, second]}, 30.0)
    assert lines[0] == "shard 2 took 31.5 s, 1.5 s more than the budget of 30 s"
    assert lines[1:] == [
        "9.00 s  t8",
        "8.50 s  fixture catalogue of tests/a.py (module, set up 2 times)",
        "8.00 s  t7",
        "7.00 s  t6",
        "6.00 s  t5",
    ]


def test_each_python_of_a_matrix_is_judged_by_itself() -> None:
    """Each has a shard 1: the slowest of all counts, is named with its suite, and shows its own costs."""
    slow, fast = record(1, 40.0, tests={"slow": 9.0}), record(1, 10.0, tests={"fast": 1.0})
    other = record(2, 20.0, tests={"other": 2.0})
    assert over_budget({"integration-3.11": [slow], "integration-3.12": [fast]}, 30.0) == [
        "integration-3.11 took 40.0 s, 10.0 s more than the budget of 30 s",
        "9.00 s  slow",
    ]
    shards = {"integration-3.11": [slow, other], "integration-3.12": [fast, other]}
    assert over_budget(shards, 30.0)[0].startswith("shard 1 of integration-3.11 took 40.0 s")
