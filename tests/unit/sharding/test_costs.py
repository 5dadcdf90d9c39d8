"""What tests and their fixtures cost."""

from __future__ import annotations

import pytest
from suites import MODULE, SESSION, suite_of

from juncture.errors import UsageError
from juncture.sharding.costs import PlannedTest, Weigh, bits, costs_of, fixture_costs
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest


def test_unknown_test_gets_the_nearest_median() -> None:
    """That of its class, else of its file, else of all; of two middle ones the lower."""
    seconds = {"a::C::1": 1.0, "a::C::2": 3.0, "a::3": 8.0, "b::1": 100.0}
    tests = [
        PlannedTest(nodeid, nodeid.rpartition("::")[0]) for nodeid in (*seconds, "a::C::new", "a::D::new", "c::new")
    ]
    found = costs_of(tests, seconds)
    assert [own // 1_000_000 for own in found.own[-3:]] == [1, 3, 3]
    assert found.known == 4


def test_every_test_costs_something() -> None:
    """Where nothing is known, and where a clock was too coarse, tests are divided by their number."""
    tests = [PlannedTest("a", "g"), PlannedTest("b", "g")]
    assert list(costs_of(tests, {}).own) == [1, 1]
    assert list(costs_of(tests, {"a": 0.0}).own) == [1, 1]


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e10])
def test_seconds_that_are_none_are_refused(seconds: float) -> None:
    """Damage is told with the test's name."""
    with pytest.raises(UsageError, match=r"^a: .* is no duration in seconds$"):
        costs_of([PlannedTest("a", "g")], {"a": seconds})


def test_fixtures_are_sets_of_bits() -> None:
    """Each test has the set of those it needs; what is below a millisecond is nobody's business."""
    cheap = FixtureKey("", "cheap", "session")
    tests, history = suite_of(
        {"a.py::1": 1, "a.py::2": 1},
        {"a.py::1": (SESSION, cheap), "a.py::2": (SESSION, MODULE)},
        {SESSION: 2, MODULE: 3},
    )
    history = History(history.tests, {**history.fixtures, cheap: KnownFixture(1, 999)})
    found = costs_of(tests, history)
    assert [[found.fixtures[number].name for number in bits(needs)] for needs in found.needs] == [
        ["app"],
        ["app", "index"],
    ]
    assert found.weigh(found.needs[1]) == 5_000_000


def test_new_instance_costs_what_others_do() -> None:
    """A module that asks for a fixture of the conftest for the first time pays what other modules paid."""
    known = [FixtureKey("tests", "db", "module", "", f"tests/{name}.py") for name in "abc"]
    history = History({}, {key: KnownFixture(1, time, 1) for key, time in zip(known, (5, 7, 90), strict=True)})
    new = FixtureKey("tests", "db", "module", "", "tests/new.py")
    with_parameter = new._replace(param="1")
    foreign = FixtureKey("other", "db", "module")
    assert fixture_costs(history, [known[2], new, with_parameter, foreign]) == {
        known[2]: 91,
        new: 8,
        with_parameter: 8,
        foreign: 0,
    }


def test_parameters_of_process_wide_fixtures_are_told_apart() -> None:
    """Tests with another parameter of a session's fixture may as well run elsewhere."""
    keys = [FixtureKey("", "db", "session", "0"), FixtureKey("", "db", "module", "0"), FixtureKey("", "db", "session")]
    history = History({"a": KnownTest(1, 1)}, {key: KnownFixture(1, 5000) for key in keys})
    found = costs_of([PlannedTest("a", "g", fixtures=tuple(keys))], history)
    assert [found.fixtures[number] for number in bits(found.apart)] == [keys[0]]


def test_a_set_weighs_what_is_in_it() -> None:
    """Bits are counted from the lowest, and nothing weighs nothing."""
    weigh = Weigh([1, 10, 100])
    assert [weigh(fixtures) for fixtures in (0, 1, 0b101, 0b111, 0b101)] == [0, 1, 101, 111, 101]
    assert list(bits(0b1010)) == [1, 3]
