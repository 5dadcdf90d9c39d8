"""The history as JSON, what else is read as one, and what is refused."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.errors import UsageError
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.history_document import history_to_json, parse_durations, parse_history

NAMES = st.text(st.characters(), max_size=9)
TIMES = st.integers(0, 10**15)
RECENT = st.lists(TIMES, max_size=8).map(tuple)
KEYS = st.builds(FixtureKey, NAMES, NAMES, NAMES, NAMES, NAMES)
TESTS = st.builds(KnownTest, TIMES, TIMES, RECENT, st.none(), NAMES, st.lists(NAMES, max_size=3).map(tuple))
DOUBTFUL = st.builds(KnownTest, TIMES, st.none(), st.just(()), st.none() | TIMES)
HISTORIES = st.builds(
    lambda tests, fixtures, complete: History(dict(sorted(tests.items())), dict(sorted(fixtures.items())), complete),
    st.dictionaries(NAMES, TESTS | DOUBTFUL, max_size=5),
    st.dictionaries(KEYS, st.builds(KnownFixture, TIMES, TIMES, TIMES, RECENT), max_size=3),
    st.lists(TIMES, max_size=4).map(lambda runs: tuple(sorted(runs))),
)


def small() -> History:
    """Return a history of two tests and a fixture."""
    return History(
        {"a.py::a": KnownTest(7, 1500, (1000, 2000), None, "shared", ("db",)), "b.py::b[é]": KnownTest(3, doubtful=9)},
        {FixtureKey("tests", "db", "session"): KnownFixture(7, 61_000_000, 20, (61_000_000,))},
        (3, 7),
    )


@given(HISTORIES)
def test_history_comes_back_from_its_text(history: History) -> None:
    """Any history is the same after it was written and read, byte by byte."""
    text = history_to_json(history)
    assert text.isascii()
    found = parse_history(text)
    assert found == history
    assert history_to_json(found) == text
    assert len(found.digest) == 64


def test_an_entry_is_a_line() -> None:
    """A committed history shows in a diff which tests changed; the form is documented."""
    assert history_to_json(small()) == (
        '{"version": 1,\n"complete": [3, 7],\n"tests": {\n'
        '"a.py::a": {"seen": 7, "mean": 1500, "recent": [1000, 2000], "group": "shared", "uses": ["db"]},\n'
        '"b.py::b[\\u00e9]": {"seen": 3, "doubtful": 9}\n},\n"fixtures": [\n'
        '{"base": "tests", "name": "db", "scope": "session", "param": "", "of": "", "seen": 7, "setup": 61000000, '
        '"teardown": 20, "recent": [61000000]}\n]}\n'
    )


def test_both_forms_of_pytest_split_are_a_history() -> None:
    """pytest-split writes an object; its first versions wrote pairs."""
    seconds = {"a::b": 0.25, "c::d": 3, "é": 0}
    for text in (json.dumps(seconds), json.dumps(list(seconds.items()))):
        for parse in (parse_history, parse_durations):
            found = parse(text, where="-")
            assert {nodeid: found.time_of(nodeid) for nodeid in seconds} == {"a::b": 250_000, "c::d": 3_000_000, "é": 0}
            assert len(found.digest) == 64


def test_other_programs_may_write_seconds() -> None:
    """Who makes a history by other means needs no samples."""
    found = parse_history('{"version": 1, "tests": {"a::b": {"seconds": 0.25}, "c": {"seconds": 3}}}')
    assert (found.time_of("a::b"), found.time_of("c"), found.complete) == (250_000, 3_000_000, ())
    for shown in ("true", "null", '"1"', "[]", "-1", "NaN", "1e10"):
        with pytest.raises(UsageError, match=r"^h\.json: its entry of a::b is damaged\n"):
            parse_history(f'{{"version": 1, "tests": {{"a::b": {{"seconds": {shown}}}}}}}', where="h.json")


@pytest.mark.parametrize(
    "text", ["3", '"x"', "null", "[1]", '[["a"]]', '[["a", 1, 2]]', "[[1, 1]]", '{"a": true}', '{"a": {}}', '["ab"]']
)
def test_what_is_neither_is_refused(text: str) -> None:
    """Another JSON file is told with the forms that would be right."""
    for parse in (parse_history, parse_durations):
        with pytest.raises(UsageError, match=r"^d\.json: it is no history\n  juncture merge"):
            parse(text, where="d.json")


@pytest.mark.parametrize("shown", ["-1", "NaN", "Infinity", "-Infinity", "1e10"])
def test_what_is_no_duration_is_refused(shown: str) -> None:
    """A value that no test can have lasted is told with its test."""
    value = json.dumps(json.loads(shown))
    with pytest.raises(UsageError, match=rf"^h\.json: {re.escape(value)} is no duration in seconds, in a::b$"):
        parse_durations(f'{{"a::b": {shown}}}', where="h.json")


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[" * 100_000, "\x00"])
def test_what_is_not_json_is_refused(text: str) -> None:
    """A torn or foreign file is a clear error, with the place in it."""
    for parse in (parse_history, parse_durations):
        with pytest.raises(UsageError, match=r"^d\.json: not JSON"):
            parse(text, where="d.json")


@pytest.mark.parametrize(
    "document", [{"version": 1}, {"version": 1, "tests": []}, {"version": 1, "tests": {}, "complete": ["x"]}]
)
def test_what_only_looks_like_one_is_refused(document: object) -> None:
    """A version alone makes no history."""
    with pytest.raises(UsageError, match=r"^h\.json: it is no history\n"):
        parse_history(json.dumps(document), where="h.json")


def test_a_history_of_another_version_is_refused() -> None:
    """What a later juncture wrote is not guessed at."""
    with pytest.raises(UsageError, match=r"^h\.json: written in version 2, this juncture reads 1\n"):
        parse_history('{"version": 2, "tests": {}}', where="h.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seen", None),
        ("seen", True),
        ("seen", -1),
        ("mean", "1"),
        ("mean", ""),
        ("mean", 0.0),
        ("mean", 10**16),
        ("recent", 7),
        ("recent", ["x"]),
        ("recent", {"a": 1}),
        ("doubtful", False),
        ("group", 3),
        ("uses", "db"),
        ("uses", [1]),
    ],
)
def test_damaged_test_is_named(key: str, value: object) -> None:
    """Whatever was changed in an entry: it is an error with the test's name, and never a plan."""
    document = json.loads(history_to_json(small()))
    document["tests"]["a.py::a"][key] = value
    with pytest.raises(UsageError, match=r"^h\.json: its entry of a\.py::a is damaged\n"):
        parse_history(json.dumps(document), where="h.json")


@pytest.mark.parametrize(
    ("key", "value"), [("name", 1), ("setup", "x"), ("recent", None), ("teardown", -1), ("of", None)]
)
def test_damaged_fixture_is_told(key: str, value: object) -> None:
    """The same for what is known of fixtures."""
    document = json.loads(history_to_json(small()))
    document["fixtures"][0][key] = value
    with pytest.raises(UsageError, match=r"^h\.json: its entry of a fixture is damaged\n"):
        parse_history(json.dumps(document), where="h.json")


def test_every_torn_end_is_refused() -> None:
    """A history that was cut anywhere is refused; a final newline can be spared."""
    text = history_to_json(small())
    for end in range(len(text) - 1):
        with pytest.raises(UsageError):
            parse_history(text[:end])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["version", "tests", "a"]), inner),
)


@given(st.text() | ANYTHING.map(json.dumps))
def test_anything_is_a_history_or_refused(text: str) -> None:
    """No file, however foreign, is a traceback."""
    try:
        found = parse_history(text)
    except UsageError:
        return
    assert parse_history(history_to_json(found)) == found
