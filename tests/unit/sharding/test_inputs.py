"""Lists of node ids and recorded durations, as the tools write them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.errors import UsageError
from juncture.sharding.inputs import parse_durations, parse_history, parse_nodeids

PYTEST = """\
tests/test_a.py::test_it[x y]
tests/test_a.py::test_it[a: b]
tests/test_b.py::TestC::test_c

=============================== warnings summary ===============================
tests/test_a.py:3
  tests/test_a.py:3: PytestUnknownMarkWarning: Unknown pytest.mark.x

-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html
3 tests collected in 0.01s
"""
IDS = ["tests/test_a.py::test_it[x y]", "tests/test_a.py::test_it[a: b]", "tests/test_b.py::TestC::test_c"]


def test_pytests_own_listing_is_read() -> None:
    """Blank lines, warnings and the summary of ``pytest --collect-only -q`` are no node ids."""
    assert parse_nodeids(PYTEST, where="-") == IDS
    assert parse_nodeids(PYTEST.replace("\n", "\r\n"), where="-") == IDS


def test_listings_can_follow_one_another() -> None:
    """What comes after a summary is another list, and none of it is lost."""
    other = "unit/test_u.py::test_u\n\n1/3 tests collected (2 deselected) in 61.20s (0:01:01)\n"
    assert parse_nodeids(PYTEST + other, where="-") == [*IDS, "unit/test_u.py::test_u"]


@given(st.lists(st.from_regex(r"[a-z/]{1,9}\.py::[\w\[\]:é☃ -]{1,9}\]", fullmatch=True), min_size=1))
def test_ids_one_a_line_come_back(nodeids: list[str]) -> None:
    """A list that another program wrote is taken as it is, repetitions too."""
    assert parse_nodeids("\n".join(nodeids), where="-") == nodeids


@pytest.mark.parametrize(
    "summary",
    [
        "2 tests collected, 1 error in 0.10s",
        "=========== 2/4 tests collected (2 deselected), 3 errors in 0.10s ===========",
        "no tests collected, 1 error in 0.10s",
    ],
)
def test_a_listing_with_errors_is_refused(summary: str) -> None:
    """Where pytest could not import a module, its tests are not in the list: a plan of it would lose them."""
    errors = "1 error" if "1 error" in summary else "3 errors"
    text = f"a.py::b\n\n==== ERRORS ====\n___ ERROR collecting c.py ___\n{summary}\n"
    with pytest.raises(UsageError, match=rf"^ids\.txt:5: pytest met {errors} when it made this list"):
        parse_nodeids(text, where="ids.txt")


@pytest.mark.parametrize("line", ["tests/test_a.py: 3", "  <Function test_it>", "<Dir tests>"])
def test_other_forms_of_listing_are_refused(line: str) -> None:
    """The listing with no ``-q`` or two of them names no tests: the right one is shown."""
    with pytest.raises(UsageError) as caught:
        parse_nodeids(f"\n{line}\n", where="ids.txt")
    assert str(caught.value) == (
        f'ids.txt:2: "{line.strip()}" is no node id\n  pytest --collect-only -q prints one node id a line: one -q'
    )


@pytest.mark.parametrize(
    "text", ["", "\n \n", "\nno tests collected in 0.01s\n", "no tests collected (3 deselected) in 0.01s"]
)
def test_an_empty_list_is_refused(text: str) -> None:
    """A plan of nothing would be green for nothing."""
    with pytest.raises(UsageError, match=r"^ids\.txt: it holds no node id\n"):
        parse_nodeids(text, where="ids.txt")


def test_both_forms_of_pytest_split_are_read() -> None:
    """pytest-split writes an object; its first versions wrote pairs."""
    seconds = {"a::b": 0.25, "c::d": 3, "é": 0}
    assert parse_durations(json.dumps(seconds), where="-") == seconds
    assert parse_durations(json.dumps(list(seconds.items())), where="-") == seconds


@pytest.mark.parametrize("text", ["3", '"x"', "null", "[1]", '[["a"]]', '[["a", 1, 2]]', "[[1, 1]]"])
def test_what_holds_no_durations_is_refused(text: str) -> None:
    """Another JSON file is told with the form that would be right."""
    with pytest.raises(UsageError, match=r"^d\.json: it holds neither an object nor a list of pairs\n  pytest-split"):
        parse_durations(text, where="d.json")


@pytest.mark.parametrize("shown", ["-1", "NaN", "Infinity", "-Infinity", "1e10", "true", "null", '"1"', "[]"])
def test_what_is_no_duration_is_refused(shown: str) -> None:
    """A value that no test can have lasted is told with its test."""
    value = json.dumps(json.loads(shown))
    message = rf"^h\.json: {re.escape(value)} is no duration in seconds, in a::b$"
    with pytest.raises(UsageError, match=message):
        parse_durations(f'{{"a::b": {shown}}}', where="h.json")
    with pytest.raises(UsageError, match=message):
        parse_history(f'{{"version": 1, "tests": {{"a::b": {{"seconds": {shown}}}}}}}', where="h.json")


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[" * 100_000, "\x00"])
def test_what_is_not_json_is_refused(text: str) -> None:
    """A torn or foreign file is a clear error, with the place in it."""
    for parse in (parse_durations, parse_history):
        with pytest.raises(UsageError, match=r"^d\.json: not JSON"):
            parse(text, where="d.json")


def test_history_is_read() -> None:
    """Of each test in our own history the seconds count; what else it holds is for others."""
    document = {"version": 1, "tests": {"a::b": {"seconds": 0.5, "runs": 3}}, "fixtures": {}}
    assert parse_history(json.dumps(document), where="-") == {"a::b": 0.5}


@pytest.mark.parametrize("document", [{}, [], 1, {"version": 1}, {"version": 1, "tests": {"a": 1}}, {"a::b": 1.0}])
def test_what_is_no_history_is_refused(document: object) -> None:
    """A file of durations in its place is pointed to the other option."""
    with pytest.raises(UsageError, match=r"^h\.json: it is no history\n  .*--durations"):
        parse_history(json.dumps(document), where="h.json")


def test_a_history_of_another_version_is_refused() -> None:
    """What a later juncture wrote is not guessed at."""
    with pytest.raises(UsageError, match=r"^h\.json: written in version 2, this juncture reads 1\n"):
        parse_history('{"version": 2, "tests": {}}', where="h.json")
