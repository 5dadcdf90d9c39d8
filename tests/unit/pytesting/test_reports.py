"""Tests of ``juncture.pytesting.reports``; what pytest really reports is in tests/integration/pytesting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from juncture.pytesting.reports import LONGEST_TEXT, bounded, details, shortened

if TYPE_CHECKING:
    from typing import Literal


def report(
    outcome: Literal["passed", "failed", "skipped"] = "passed",
    when: Literal["setup", "call", "teardown"] = "call",
    longrepr: Any = None,
    **more: Any,
) -> pytest.TestReport:
    """Return a report of a test."""
    return pytest.TestReport("a.py::test_it", ("a.py", 1, "test_it"), {}, outcome, longrepr, when, **more)


def test_short_text_stays() -> None:
    """A text within the limit is kept as it is."""
    assert bounded("abc", 3) == "abc"


def test_long_text_keeps_both_ends() -> None:
    """Of a long text the beginning and the end are kept, and the gap is told."""
    assert bounded("a" * 50 + "b" * 50, 20) == f"{'a' * 10}\n... 80 characters left out ...\n{'b' * 10}"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", ""),
        ("one\ntwo", "one\ntwo"),
        ("0123456789", "0123456789"),
        ("0123456789a", "0123456789...\n[truncated; full report in element text]"),
        ("0123\n5678\nab", "0123\n5678\n[+1 more line; full report in element text]"),
        ("0123\n5678\na\nb", "0123\n5678\n[+2 more lines; full report in element text]"),
        ("0123456789a\nb", "0123456789...\n[+1 more line; full report in element text]"),
    ],
)
def test_message_keeps_whole_lines(message: str, expected: str) -> None:
    """As many as fit, at least a part of the first, and a word about the rest: pytest's own."""
    assert shortened(message, 10) == expected


def test_nothing_is_said_of_a_phase_that_passed() -> None:
    """Its output is nobody's business either, unless somebody asks."""
    passed = report(sections=[("Captured stdout call", "hello")])
    assert details(passed, output=False) == {}
    assert details(passed, output=True) == {"out": "hello"}


def test_failure_is_told_with_its_output() -> None:
    """Message, text, and what was captured in all phases so far."""
    sections = [("Captured stdout setup", "1"), ("Captured stdout call", "2"), ("Captured log call", "3")]
    found = details(report("failed", longrepr="boom", sections=sections), output=False)
    assert found == {"message": "boom", "text": "boom", "out": "12", "log": "3"}


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_error_says_when(when: Literal["setup", "teardown"]) -> None:
    """The message of an error names the phase, as pytest's JUnit file does."""
    assert details(report("failed", when, "boom"), output=False)["message"] == f'failed on {when} with "boom"'


def test_everything_is_bounded() -> None:
    """One test can't fill the disk, whatever it prints or says."""
    long = "x" * (LONGEST_TEXT * 3)
    sections = [(f"Captured {name} call", long) for name in ("stdout", "stderr", "log")]
    failed = report("failed", longrepr=long, sections=sections, user_properties=[("key", long)], wasxfail=long)
    found = details(failed, output=True)
    found["properties"] = found["properties"][0][1]
    assert set(found) == {"xfail", "message", "text", "log", "out", "err", "properties"}
    assert all(len(text) < LONGEST_TEXT + 100 for text in found.values())
    skipped = details(report("skipped", longrepr=("a.py", 1, long)), output=False)
    assert len(skipped["message"]) < LONGEST_TEXT + 100


@pytest.mark.parametrize(
    ("longrepr", "expected"),
    [
        (("a.py", 3, "Skipped: why"), {"message": "why", "place": "a.py:3"}),
        (("a.py", 3, "why"), {"message": "why", "place": "a.py:3"}),
        ("a plugin's own words", {"message": "a plugin's own words"}),
    ],
)
def test_skip_says_why_and_where(longrepr: object, expected: dict[str, str]) -> None:
    """The reason comes without pytest's word for it."""
    assert details(report("skipped", longrepr=longrepr), output=False) == expected


@pytest.mark.parametrize(("reason", "expected"), [("", ""), ("why", "why"), ("reason: why", "why")])
def test_expected_failure_says_its_reason_alone(reason: str, expected: str) -> None:
    """Its traceback is of no use to anybody; an empty reason is one too."""
    assert details(report("skipped", wasxfail=reason, longrepr="Traceback"), output=False) == {"xfail": expected}


def test_properties_are_told_once_and_when_a_test_fails() -> None:
    """Each report has all of them so far: the last one is enough, and one that may be the last."""
    properties = [("key", 1), ("key", "<2>")]
    told = {"properties": [["key", "1"], ["key", "<2>"]]}
    assert details(report(user_properties=properties), output=False) == {}
    assert details(report(when="teardown", user_properties=properties), output=False) == told
    assert details(report("failed", longrepr="x", user_properties=properties), output=False).items() >= told.items()


@pytest.mark.parametrize(
    ("message", "values", "expected"),
    [
        (None, {}, "(<subtest>)"),
        ("odd", {}, "[odd]"),
        (None, {"n": "1", "m": "'x'"}, "(n=1, m='x')"),
        ("odd", {"n": "1"}, "[odd] (n=1)"),
    ],
)
def test_subtest_is_described_as_pytest_does(message: str | None, values: dict[str, str], expected: str) -> None:
    """A subtest has no node id; its words tell it from the others."""
    context = SimpleNamespace(msg=message, kwargs=values)
    assert details(report(context=context), output=False) == {"subtest": expected}


def test_another_plugins_context_is_no_subtest() -> None:
    """Reports can have any attribute."""
    assert details(report(context="a plugin's own"), output=False) == {}
