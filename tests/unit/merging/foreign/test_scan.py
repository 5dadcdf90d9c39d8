"""Tests of ``juncture.merging.foreign.scan``: what counts, and what is refused where."""

from __future__ import annotations

import io
from array import array

import pytest

from juncture.merging.foreign import limits
from juncture.merging.foreign.refusal import Refusal
from juncture.merging.foreign.scan import scan
from juncture.merging.foreign.values import Case, Scan


def read(text: str | bytes) -> Scan:
    """Scan a file."""
    return scan(io.BytesIO(text.encode() if isinstance(text, str) else text), array("q"))


def suite(*cases: str, attributes: str = "") -> str:
    """Return a suite with these elements."""
    return f'<testsuite name="s" {attributes}>{"".join(cases)}</testsuite>'


def case(inner: str = "", attributes: str = "") -> str:
    """Return a test case with this in it."""
    return f'<testcase classname="c" name="n" {attributes}>{inner}</testcase>'


def figures(text: str) -> tuple[int, int, int, int, int]:
    """Return tests, failures, errors, skipped and flaky of a file."""
    found = read(text).counts
    return (found.tests, found.failures, found.errors, found.skipped, found.flaky)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (suite(), (0, 0, 0, 0, 0)),
        (suite(case()), (1, 0, 0, 0, 0)),
        (suite(case("<failure/>")), (1, 1, 0, 0, 0)),
        (suite(case("<error/>")), (1, 0, 1, 0, 0)),
        (suite(case("<skipped/>")), (1, 0, 0, 1, 0)),
        (suite(case("<failure/><failure/><error/><skipped/>")), (1, 1, 0, 0, 0)),
        (suite(case("<flakyFailure/><flakyError/>")), (1, 0, 0, 0, 1)),
        (suite(case("<failure/><rerunFailure/><flakyError/>")), (1, 1, 0, 0, 0)),
        (suite(case("<skipped/>", 'status="run"')), (1, 0, 0, 1, 0)),
        (suite(case(attributes='status="notrun"')), (1, 0, 0, 1, 0)),
        (suite(case(attributes='status="run" result="suppressed"')), (1, 0, 0, 1, 0)),
        (suite(case(attributes='status="run" result="completed"')), (1, 0, 0, 0, 0)),
        (suite(case("<failure/>", 'status="disabled"')), (1, 1, 0, 0, 0)),
        (suite(case("<system-out><failure/></system-out>")), (1, 0, 0, 0, 0)),
        (suite("<error/>"), (0, 0, 1, 0, 0)),
        (suite("<properties><error/></properties>"), (0, 0, 0, 0, 0)),
        (suite(case(), suite(case("<failure/>")), case()), (3, 1, 0, 0, 0)),
        (f"<testsuites>{suite(case())}{case('<error/>')}</testsuites>", (2, 0, 1, 0, 0)),
        (suite(f"<group>{case('<failure/>')}</group>"), (1, 1, 0, 0, 0)),
    ],
)
def test_each_case_has_one_outcome(text: str, expected: tuple[int, ...]) -> None:
    """A failure goes before an error before a skip; only elements directly in a case say something of it."""
    assert figures(text) == expected


def test_suite_that_claims_failures_and_shows_none_is_believed() -> None:
    """The evidence may have been cut off: to count nothing would turn red into green."""
    found = read(suite(case(), attributes='tests="5" failures="2" errors="1"'))
    assert (found.counts.failures, found.counts.errors) == (2, 1)
    assert (found.claims, found.claimed, found.counts.tests) == (["s"], 5, 1)


def test_claim_is_held_against_what_the_suites_in_it_show() -> None:
    """A claim that a test bears out, as an error for a failure, is none any more."""
    found = read(f'<testsuites failures="3">{suite(case("<error/>"))}</testsuites>')
    assert (found.counts.failures, found.counts.errors, found.claims) == (0, 1, [])


def test_failed_tests_have_names() -> None:
    """Those outside of a test have their suite's."""
    found = read(suite(case("<failure/>"), "<error/>"))
    assert found.failed == ["s c::n", "s (outside of its tests)"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (suite(case(attributes='time="1.5"'), attributes='time="9"'), 9.0),
        (suite(case(attributes='time="1.5"'), case(attributes='time="1,000.5"')), 1002.0),
        (suite(case(attributes='time="soon"'), case(attributes='time="nan"')), 0.0),
        (suite(suite(attributes='time="2"'), suite(attributes='time="3"'), attributes='time="4"'), 4.0),
        (suite(suite(attributes='time="2"'), suite(attributes='time="3"')), 5.0),
    ],
)
def test_seconds_are_the_suites_else_the_tests(text: str, seconds: float) -> None:
    """What an outer suite says of its time holds for all in it."""
    assert read(text).counts.seconds == seconds


def test_keys_are_the_same_for_the_same_suite_and_names() -> None:
    """The names of all suites around a test count, and a name that is not there is not the empty one."""
    inner = '<testcase name="n"/><testcase name="n"/><testcase classname="" name="n"/>'
    keys = array("q")
    text = f'<testsuites><testsuite name="a">{inner}</testsuite><testsuite name="b">{inner}</testsuite></testsuites>'
    scan(io.BytesIO(text.encode()), keys)
    assert len(keys) == 6
    assert keys[0] == keys[1]
    assert len({*keys}) == 4


def test_each_case_is_told_with_its_line() -> None:
    """Whoever asks gets the names and the line of every case."""
    told: list[Case] = []
    scan(io.BytesIO(suite("\n", case()).encode()), array("q"), each=told.append)
    assert told == [Case("s", "c", "n", 2)]


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("", "is empty", 0, 0),
        (" \n ", "before its last element", 2, 2),
        ("<testsuite>\n<testcase", "unclosed token", 2, 1),
        ("<testsuite>\n<testcase/>", "before its last element", 2, 12),
        ("<testsuite>\n  </testcase>", "mismatched tag", 2, 5),
        ("<testsuite>\x00</testsuite>", "invalid token", 1, 12),
        ("<testsuite>\x1b[31m</testsuite>", "invalid token", 1, 12),
        (b"<testsuite name='\xe9'/>", "invalid token", 1, 18),
        ("<testsuite>&nbsp;</testsuite>", "undefined entity", 1, 12),
        ("<testsuite/><testsuite/>", "junk after document element", 1, 13),
        ("\n<html/>", "its root element is <html>, a web page", 2, 1),
        ("<testcase/>", "its root element is <testcase>", 1, 1),
        (f"<{'x' * 100}/>", f"<{'x' * 60}...>", 1, 1),
        ("not XML", "syntax error", 1, 1),
        ("<testsuite>" + "<a>" * 300, "more than 256 elements inside each other", 1, 777),
        ("<testsuite><testcase>" + "<a>" * 300, "more than 256 elements inside each other", 1, 784),
        (f'<testsuite name="{"x" * 70_000}"/>', "more than 65,536 characters", 1, 1),
    ],
)
def test_file_that_is_broken_is_refused_with_its_place(text: str | bytes, reason: str, line: int, column: int) -> None:
    """Line and column count from 1, and point at what is wrong or at where the file ends."""
    with pytest.raises(Refusal) as refused:
        read(text)
    assert reason in refused.value.reason
    assert abs(refused.value.column - column) <= 1, refused.value.column  # versions of expat differ by one at the end
    assert refused.value.line == line


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (b"<!--" + b"x" * (limits.TOKEN + limits.PIECE), "8,388,608 bytes in one tag or comment"),
        (b'<a b="' + b"x" * (limits.TOKEN + limits.PIECE), "8,388,608 bytes in one tag or comment"),
        (b"".join(b"<a%d/>" % number for number in range(limits.NAMES)), "10,000 distinct names"),
        (b"<a " + b" ".join(b"b%d=''" % number for number in range(limits.NAMES)) + b"/>", "10,000 distinct names"),
    ],
)
def test_what_would_fill_the_memory_is_refused(unit: bytes, reason: str) -> None:
    """A tag without end is not read again and again, and names are not kept without end."""
    with pytest.raises(Refusal, match=reason):
        read(b"<testsuite>" + unit + b"</testsuite>")


def test_text_of_any_length_is_survived() -> None:
    """Text is passed over in pieces."""
    text = b"x" * (limits.TOKEN + limits.PIECE)
    inner = b"<testcase><system-out>%b</system-out><system-err><![CDATA[%b]]></system-err></testcase>" % (text, text)
    assert read(b"<testsuite>%b</testsuite>" % inner).counts.tests == 1


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE testsuite SYSTEM "http://192.0.2.1/x.dtd">',
        '<!DOCTYPE t [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE t [<!ENTITY % a SYSTEM "http://192.0.2.1/x.dtd"> %a;]>',
        '<!DOCTYPE t [<!ATTLIST testsuite name CDATA "x">]>',
        "<!DOCTYPE testsuite>",
    ],
)
def test_doctype_is_refused_before_anything_in_it_counts(declaration: str) -> None:
    """JUnit needs none; bombs, files and addresses need one."""
    with pytest.raises(Refusal, match="has a DOCTYPE") as refused:
        read(f"<!-- -->\n{declaration}\n<testsuite>&a;&c;</testsuite>")
    assert refused.value.line == 2
