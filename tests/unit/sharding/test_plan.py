"""The plan as a pure function."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import juncture
from juncture.errors import UsageError
from juncture.sharding import PlannedTest, make_plan, to_json
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.plan import listed

NAMES = st.text(st.characters(), min_size=1, max_size=12)  # surrogates too: a file's name need not be valid text
GROUPS = st.sampled_from(["a", "b", "c::D", "é", "[", "\ud800"])
SUITES = st.dictionaries(NAMES, GROUPS, max_size=40)
SECONDS = st.floats(0, 1e9)

KNOWN = "b6806ddefaa5a9f8a216cf1b1a94678b1785ea718e1f3483d77e6981d0a50afe"

RANDOM_ORDER = """
import json, sys
from juncture.sharding import PlannedTest, make_plan, to_json
groups, seconds = json.load(sys.stdin)
tests = {PlannedTest(nodeid, group) for nodeid, group in groups.items()}
print(to_json(make_plan(list(tests), 3, seconds)))
"""
"""Plans a set, whose order is that of its strings' hashes."""


def suite(groups: dict[str, str]) -> list[PlannedTest]:
    """Return the tests to plan."""
    return [PlannedTest(nodeid, group) for nodeid, group in groups.items()]


KEYS = st.builds(
    FixtureKey,
    st.sampled_from(["", "a", "é"]),
    st.sampled_from(["db", "app"]),
    st.sampled_from(["session", "module", "class"]),
    st.sampled_from(["", "0", "1"]),
    st.sampled_from(["", "a", "b"]),
)
TIMES = st.integers(0, 10**15)
HISTORIES = st.builds(
    History,
    st.dictionaries(NAMES, st.builds(KnownTest, st.integers(0, 9), st.none() | TIMES, st.just(()), st.none() | TIMES)),
    st.dictionaries(KEYS, st.builds(KnownFixture, st.integers(0, 9), TIMES, TIMES)),
)


@given(SUITES, st.integers(1, 256), HISTORIES, st.integers(1, 3), st.data())
def test_every_test_is_in_one_shard(
    groups: dict[str, str], shards: int, history: History, workers: int, data: st.DataObject
) -> None:
    """Whatever the suite and what is known of it: shards are disjoint, complete and sorted; marked groups are whole."""
    tests = [
        PlannedTest(nodeid, group, group == "a", tuple(data.draw(st.lists(KEYS, max_size=2, unique=True))))
        for nodeid, group in groups.items()
    ]
    if groups:  # most of the history should be about the suite
        known = data.draw(st.dictionaries(st.sampled_from(sorted(groups)), st.builds(KnownTest, st.just(1), TIMES)))
        history = History({**history.tests, **known}, history.fixtures)
    plan = make_plan(tests, shards, history, workers=workers)
    placed = [nodeid for shard in plan.shards for nodeid in shard.nodeids]
    assert sorted(placed) == sorted(groups)
    assert dict(plan.groups) == groups
    assert [shard.index for shard in plan.shards] == list(range(1, shards + 1))
    assert all(list(shard.nodeids) == sorted(shard.nodeids) for shard in plan.shards)
    assert len({shard.index for shard in plan.shards for nodeid in shard.nodeids if groups[nodeid] == "a"}) <= 1
    assert max(shard.predicted_seconds for shard in plan.shards) >= plan.lower_bound_seconds


@given(SUITES, st.integers(1, 9))
def test_groups_are_whole_where_no_time_is_known(groups: dict[str, str], shards: int) -> None:
    """Who knows nothing has no reason to part tests that share a module."""
    plan = make_plan(suite(groups), shards, {})
    homes = {(groups[nodeid], shard.index) for shard in plan.shards for nodeid in shard.nodeids}
    assert len(homes) == len(set(groups.values()))


@given(SUITES, st.data())
def test_order_of_the_tests_does_not_matter(groups: dict[str, str], data: st.DataObject) -> None:
    """However pytest collected them, the plan is the same byte by byte."""
    tests = suite(groups)
    known = dict.fromkeys(list(groups)[:5], 0.25)
    shuffled = data.draw(st.permutations(tests))
    assert to_json(make_plan(shuffled, 3, known)) == to_json(make_plan(tests, 3, known))


def test_hash_seed_does_not_matter() -> None:
    """Processes that hash strings differently make the same plan."""
    groups = {f"tests/test_{n % 7}.py::test_{n}[☃]": f"tests/test_{n % 7}.py" for n in range(60)}
    given_to_it = json.dumps([groups, {nodeid: n / 7 for n, nodeid in enumerate(groups)}])
    printed = {
        subprocess.run(
            [sys.executable, "-c", RANDOM_ORDER],
            input=given_to_it,
            env={"PYTHONPATH": str(Path(juncture.__file__).parents[1]), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "31337", "random")
    }
    assert len(printed) == 1
    seconds = {nodeid: n / 7 for n, nodeid in enumerate(groups)}
    assert printed == {to_json(make_plan(suite(groups), 3, seconds)) + "\n"}


def test_digest_stays_the_same_from_version_to_version() -> None:
    """A digest that changes makes every plan in flight foreign: it needs a new version number."""
    assert make_plan(suite({"t.py::a": "t.py", "u.py::b[é]": "g"}), 2, {}).digest == KNOWN


@pytest.mark.parametrize(
    "changed",
    [
        ({"t.py::a": "t.py", "u.py::c": "u.py"}, 2),
        ({"t.py::a": "t.py", "u.py::b": "t.py"}, 2),
        ({"t.py::a": "t.py", "u.py::b": "u.py"}, 3),
        ({"t.py::a": "t.py"}, 2),
    ],
)
def test_digest_tells_plans_apart(changed: tuple[dict[str, str], int]) -> None:
    """Another test, group or number of shards is another digest; other seconds with the same shards are not."""
    groups = {"t.py::a": "t.py", "u.py::b": "u.py"}
    digest = make_plan(suite(groups), 2, {}).digest
    assert make_plan(suite(changed[0]), changed[1], {}).digest != digest
    assert make_plan(suite(groups), 2, {"t.py::a": 7.0}).digest == digest


def test_prediction_is_the_sum_with_a_median_for_the_unknown() -> None:
    """A test without a recorded time counts as the lower of the two middle ones of all."""
    groups = {"a::1": "a", "a::2": "a", "b::1": "b", "b::2": "b", "c::new": "c"}
    plan = make_plan(suite(groups), 1, {"a::1": 4.0, "a::2": 0.5, "b::1": 1.0, "b::2": 2.0, "gone": 99.0})
    assert [shard.predicted_seconds for shard in plan.shards] == [8.5]


@pytest.mark.parametrize(("shards", "bound"), [(1, 7.0), (2, 4.0), (7, 4.0)])
def test_lower_bound_is_an_equal_share_or_the_largest_test(shards: int, bound: float) -> None:
    """No division ends before its largest test, nor before an equal share of all."""
    tests = suite({"a::1": "a", "a::2": "a", "b::1": "b"})
    assert make_plan(tests, shards, {"a::1": 4.0, "a::2": 0.5, "b::1": 2.5}).lower_bound_seconds == bound


def test_workers_share_a_shard() -> None:
    """A shard's prediction is that of its longest worker; each shard gets as many of them, and about as much to do."""
    tests = suite({f"{name}::1": name for name in "abcdefgh"})
    seconds = {f"{name}::1": float(number) for number, name in enumerate("abcdefgh", 1)}
    plan = make_plan(tests, 2, seconds, workers=2)
    assert [shard.predicted_seconds for shard in plan.shards] == [9.0, 9.0]
    assert [sum(seconds[nodeid] for nodeid in shard.nodeids) for shard in plan.shards] == [18.0, 18.0]
    assert plan.workers == 2
    with pytest.raises(UsageError, match=r"^a shard can have 1 to 64 workers, not 65$"):
        make_plan(tests, 2, seconds, workers=65)


def test_history_is_named_by_its_digest() -> None:
    """Who wonders why two plans differ sees whether they knew the same."""
    assert make_plan(suite({"a::1": "a"}), 1, History(digest="abc")).history == "abc"
    assert make_plan(suite({"a::1": "a"}), 1, {}).history == ""


def test_lower_bound_is_rounded_up_to_a_microsecond() -> None:
    """An equal share of one microsecond over two shards is a whole one: seconds are integers inside."""
    plan = make_plan(suite({"a::1": "a"}), 2, {"a::1": 0.000001})
    assert plan.lower_bound_seconds == 0.000001


def test_more_shards_than_groups_leaves_some_empty() -> None:
    """An empty shard is a shard of the plan like any other."""
    plan = make_plan(suite({"a::1": "a"}), 3, {"a::1": 2.0})
    assert [(shard.nodeids, shard.predicted_seconds) for shard in plan.shards] == [
        (("a::1",), 2.0),
        ((), 0.0),
        ((), 0.0),
    ]


@pytest.mark.parametrize("shards", [0, -1, 257])
def test_number_of_shards_is_bounded(shards: int) -> None:
    """No platform takes more than 256 parallel jobs, and none less than one."""
    with pytest.raises(UsageError, match=rf"^there can be 1 to 256 shards, not {shards}$"):
        make_plan([], shards, {})


def test_a_test_is_planned_once() -> None:
    """Node ids that are there twice can't be proved to have run: they are named."""
    tests = [PlannedTest(nodeid, "g") for nodeid in ("b", "a", "b", "c", "a", "b")]
    with pytest.raises(UsageError, match=r"^a test can be planned once: a, b came more than once$"):
        make_plan(tests, 2, {})


@pytest.mark.parametrize("seconds", [-0.001, float("nan"), float("inf"), 1e10])
def test_seconds_that_are_none_are_refused(seconds: float) -> None:
    """Damage in the history is told with the test's name, and never turned into a plan."""
    with pytest.raises(UsageError, match=r"^a::1: .* is no duration in seconds$"):
        make_plan(suite({"a::1": "a"}), 1, {"a::1": seconds})


def test_five_are_named_and_the_rest_is_counted() -> None:
    """A long list of node ids stays readable."""
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
