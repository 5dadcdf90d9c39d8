"""What a journal says of fixtures, in real runs: what each costs, how it ends, and which test paid."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from recorded import Recorded, words

if TYPE_CHECKING:
    from collections.abc import Callable

COSTS = """
import pytest, time
@pytest.fixture(scope="session")
def outer():
    time.sleep(0.02)
    yield
    time.sleep(0.04)
@pytest.fixture(scope="module", params=["x", "y"])
def inner(outer, request):
    time.sleep(0.03)
    request.getfixturevalue("late")
    yield
    time.sleep(0.01)
@pytest.fixture(scope="module")
def late():
    time.sleep(0.05)
@pytest.fixture
def small(): pass
def test_a(inner, small): pass
def test_b(inner): pass
"""


def test_fixture_costs_are_each_fixtures_own(record: Callable[..., Recorded]) -> None:
    """Setup and teardown once per instance, without what the fixture asks for, and with the test that paid."""
    run = record(COSTS)
    least = {
        ("outer", "setup"): 0.02,
        ("outer", "teardown"): 0.04,
        ("inner", "setup"): 0.03,
        ("inner", "teardown"): 0.01,
        ("late", "setup"): 0.05,
        ("late", "teardown"): 0.0,
    }
    events = [event for event in run.events("fixture") if event["base"]]
    for event in events:
        expected = least[event["name"], event["phase"]]
        assert expected <= event["seconds"] < expected + 0.02, event
    assert Counter(event["name"] for event in events) == {"outer": 2, "inner": 4, "late": 2}
    assert {words(event, "name", "scope", "base") for event in events} == {
        ("outer", "session", "test_it.py"),
        ("inner", "module", "test_it.py"),
        ("late", "module", "test_it.py"),
    }
    told = [words(event, "name", "phase", "param", "test", "during") for event in events]
    assert ("outer", "setup", None, "test_it.py::test_a[x]", "setup") in told
    assert ("outer", "teardown", None, "test_it.py::test_b[y]", "teardown") in told
    assert [each[2] for each in told if each[:2] == ("inner", "setup")] == [0, 1]


def test_fixture_that_fails_says_so(record: Callable[..., Recorded]) -> None:
    """Its seconds were paid all the same."""
    run = record(
        "import pytest\n@pytest.fixture(scope='module')\ndef bad(): raise OSError\ndef test_a(bad): pass\n"
        "def test_b(bad): pass"
    )
    setups = [event for event in run.events("fixture") if event["phase"] == "setup"]
    assert [words(event, "name", "outcome") for event in setups] == [("bad", "failed")]


def test_fixture_that_ends_after_the_tests_belongs_to_none(record: Callable[..., Recorded]) -> None:
    """Where the run stops early, what is still there is torn down at the session's end."""
    run = record(
        "import pytest\n@pytest.fixture(scope='session')\ndef long():\n    yield\n"
        "def test_a(long): pytest.exit('enough')"
    )
    (event,) = [event for event in run.events("fixture") if event["phase"] == "teardown"]
    assert words(event, "name", "during") in {("long", ""), ("long", "call")}
