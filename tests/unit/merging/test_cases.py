"""Tests of ``juncture.merging.cases``; what pytest itself writes is compared in tests/integration/merging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from juncture.merging.cases import address, cases_of, collect_case, error_case, legal, properties_of
from juncture.recording.outcomes import CollectRecord, JunitSettings, Report, TestRecord

if TYPE_CHECKING:
    from juncture.model import Outcome

SECONDS = {"setup": 1.0, "call": 2.0, "teardown": 4.0}


def record(*reports: Report, outcome: Outcome = "failed", passes: int = 0, **fields: Any) -> TestRecord:
    """Return a test in tests/test_a.py that ended."""
    known = {"nodeid": "tests/test_a.py::test_it", "worker": "gw0", "seconds": SECONDS} | fields
    return TestRecord(outcome=outcome, reports=reports, passes=passes, **known)


def texts(test: TestRecord, settings: JunitSettings | None = None) -> list[str]:
    """Return the cases of a test as text."""
    cases = cases_of(test, settings or JunitSettings())
    return [ET.tostring(element, encoding="unicode") for element in cases.elements]


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/test_a.py::test_it", ("tests.test_a", "test_it")),
        ("tests/test_a.py::TestA::TestB::test_it", ("tests.test_a.TestA.TestB", "test_it")),
        ("a.py::test_it[x::y]", ("a", "test_it[x::y]")),
        ("a.py::test_it[x[y]]", ("a", "test_it[x[y]]")),
        ("a.py::test_it[p/q.py]", ("a", "test_it[p/q.py]")),
        ("odd[1]/a.py::test_it", ("odd[1].a", "test_it")),
        ("docs/a.txt::a.txt", ("docs.a.txt", "a.txt")),
        ("tests/test_a.py", ("", "tests.test_a")),
        ("tests", ("", "tests")),
    ],
)
def test_address_is_pytests(nodeid: str, expected: tuple[str, str]) -> None:
    """Class name and name are made from the node id, whatever its parameters hold."""
    assert address(nodeid) == expected


def test_prefix_comes_before_the_class_name() -> None:
    """What ``--junit-prefix`` says is part of the class name, and alone where there is none."""
    assert address("a/b.py::c", "pre") == ("pre.a.b", "c")
    assert address("a/b.py", "pre") == ("pre", "a.b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ünï 店 🎉 <&>\"' \t\n\r", "plain ünï 店 🎉 <&>\"' \t\n\r"),
        ("\x00\x07\x1b\x7f", "#x00#x07#x1B#x7F"),
        ("\ud800\udcff", "#xD800#xDCFF"),
        ("\ufffe\uffff\ufffd", "#xFFFE#xFFFF\ufffd"),
        ("\x80\x85\ud7ff\ue000\U0010ffff", "\x80\x85\ud7ff\ue000\U0010ffff"),
    ],
)
def test_what_xml_cannot_hold_is_written_out(text: str, expected: str) -> None:
    """The same characters as in pytest, in the same way."""
    assert legal(text) == expected


def test_test_that_passed_is_an_empty_case() -> None:
    """Names and all its seconds."""
    cases = cases_of(record(outcome="passed", passes=1), JunitSettings())
    assert cases.elements[0].attrib == {"classname": "tests.test_a", "name": "test_it", "time": "7.000"}
    assert len(cases.elements[0]) == 0
    assert cases.tests == 1


def test_time_may_be_the_calls_alone() -> None:
    """As ``junit_duration_report`` says."""
    settings = JunitSettings(duration_report="call")
    assert cases_of(record(outcome="passed"), settings).elements[0].get("time") == "2.000"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (Report(phase="call", outcome="failed", message="m<", text="t&"), '<failure message="m&lt;">t&amp;</failure>'),
        (Report(phase="setup", outcome="failed", message="m", text="t"), '<error message="m">t</error>'),
        (
            Report(phase="setup", outcome="skipped", message="why", place="a.py:3"),
            '<skipped type="pytest.skip" message="why">a.py:3: why</skipped>',
        ),
        (Report(phase="call", outcome="skipped", xfail=""), '<skipped type="pytest.xfail" message="" />'),
        (
            Report(phase="call", outcome="failed", xfail="x"),
            '<skipped message="xfail-marked test passes unexpectedly">None</skipped>',
        ),
    ],
)
def test_each_outcome_is_one_element(report: Report, expected: str) -> None:
    """A failure is the call's, an error anything around it; the words are pytest's."""
    (text,) = texts(record(report))
    assert text.endswith(f'time="7.000">{expected}</testcase>')
    assert cases_of(record(report), JunitSettings()).tests == 1


def test_failed_teardown_after_a_failed_call_is_a_second_case() -> None:
    """The seconds are shared out, and so are the properties that each report had."""
    call = Report(phase="call", outcome="failed", message="c", text="c", properties=(("a", "1"),))
    teardown = Report(phase="teardown", outcome="failed", message="t", text="t", properties=(("a", "1"), ("b", "2")))
    cases = cases_of(record(call, teardown, attributes={"name": "own"}), JunitSettings())
    first, second = cases.elements
    assert [child.tag for child in first] == ["properties", "failure"]
    assert [child.tag for child in second] == ["properties", "error"]
    assert (len(first[0]), len(second[0])) == (1, 2)
    assert (first.get("time"), second.get("time")) == ("3.000", "4.000")
    assert (first.get("name"), second.get("name")) == ("own", "test_it")
    assert cases.tests == 2


def test_failed_teardown_after_a_call_that_passed_is_the_same_test() -> None:
    """Pytest counts one test with one error."""
    teardown = Report(phase="teardown", outcome="failed", message="t", text="t")
    cases = cases_of(record(teardown, outcome="error", passes=1), JunitSettings())
    assert (len(cases.elements), cases.tests) == (1, 1)


def test_attributes_of_xunit2_may_be_the_tests_own() -> None:
    """Others than class name and name are not in this form, and left out."""
    (text,) = texts(record(outcome="passed", attributes={"classname": "my.own", "assertions": "3"}))
    assert text == '<testcase classname="my.own" name="test_it" time="7.000" />'


def test_test_in_flight_is_an_error_with_all_that_it_had_said() -> None:
    """A failure that was seen before the process died is not lost."""
    failure = Report(phase="call", outcome="failed", message="m", text="t")
    seconds = {"setup": 1.0, "call": 2.0}
    test = record(failure, outcome="error", ended=False, text="gw0 ended while this test ran", seconds=seconds)
    (text,) = texts(test, JunitSettings(logging="all"))
    message = "gw0 ended while this test ran"
    assert text.endswith(f'<failure message="m">t</failure><error message="{message}">{message}</error></testcase>')
    assert cases_of(test, JunitSettings()).tests == 2


@pytest.mark.parametrize(
    ("outcome", "phase", "tag"),
    [
        ("passed", "call", "flakyFailure"),
        ("passed", "setup", "flakyError"),
        ("failed", "call", "rerunFailure"),
        ("error", "teardown", "rerunError"),
    ],
)
def test_attempts_before_the_last_are_told(outcome: Outcome, phase: str, tag: str) -> None:
    """A failure that was tried again is evidence, as Surefire writes it, and raises no counter."""
    test = record(outcome=outcome, passes=1, reruns=(Report(phase=phase, outcome="rerun", message="m", text="t"),))
    (text,) = texts(test)
    assert f'<{tag} message="m" type="pytest.rerun"><stackTrace>t</stackTrace></{tag}>' in text
    assert cases_of(test, JunitSettings()).tests == 1


def test_subtests_are_in_their_tests_case() -> None:
    """Each that passed counts as a test, each that failed is a failure: pytest's way of counting."""
    one = Report(phase="call", outcome="failed", message="1", text="1", subtest="(n=1)")
    whole = Report(phase="call", outcome="failed", message="contains 1 failed subtest", text="contains ...")
    cases = cases_of(
        record(Report(phase="call", outcome="passed", subtest="(n=0)"), one, whole, passes=1), JunitSettings()
    )
    assert [child.get("message") for child in cases.elements[0]] == ["1", "contains 1 failed subtest"]
    assert cases.tests == 3


@pytest.mark.parametrize(
    ("logging", "tags"),
    [
        ("no", []),
        ("log", ["system-out"]),
        ("system-out", ["system-out"]),
        ("system-err", ["system-err"]),
        ("out-err", ["system-out", "system-err"]),
        ("all", ["system-out", "system-err"]),
    ],
)
def test_captured_output_is_as_junit_logging_says(logging: str, tags: list[str]) -> None:
    """Under pytest's headings, of the last phase that tells of it."""
    teardown = Report(phase="teardown", outcome="passed", log="L", out="O", err="E")
    (element,) = cases_of(record(teardown, outcome="passed"), JunitSettings(logging=logging)).elements
    assert [child.tag for child in element] == tags
    words = "".join(child.text or "" for child in element).replace("-", "").split()
    heads = {"Log": "L", "Out": "O", "Err": "E"}
    shown = {"no": "", "log": "L", "system-out": "O", "system-err": "E", "out-err": "OE", "all": "LOE"}[logging]
    assert words == [word for name, text in heads.items() if text in shown for word in ("Captured", name, text)]


def test_output_of_tests_that_pass_may_be_left_out() -> None:
    """As ``junit_log_passing_tests`` says; a failure shows its own."""
    settings = JunitSettings(logging="all", log_passing_tests=False)
    teardown = Report(phase="teardown", outcome="passed", out="O")
    assert "system-out" not in texts(record(teardown, outcome="passed"), settings)[0]
    failure = Report(phase="call", outcome="failed", message="m", text="t", out="O")
    assert texts(record(failure), settings)[0].count("<system-out>") == 1


def test_what_could_not_be_collected_is_one_case() -> None:
    """All errors of one file are in it."""
    records = [CollectRecord(nodeid="tests/a.py", outcome="failed", text=text) for text in ("one", "two")]
    case = collect_case(records, JunitSettings())
    assert case.attrib == {"classname": "", "name": "tests.a", "time": "0.000"}
    assert [(child.tag, child.text) for child in case] == [("error", "one"), ("error", "two")]
    (skip,) = collect_case([CollectRecord(nodeid="a.py", outcome="skipped", text="why")], JunitSettings())
    assert (skip.tag, skip.attrib, skip.text) == ("skipped", {"message": "collection skipped"}, "why")


def test_errors_that_no_test_met_are_one_case() -> None:
    """With one element each."""
    case = error_case("pytest", "internal", "internal error", ["one", "\x00"])
    assert [(child.get("message"), child.text) for child in case] == [
        ("internal error", "one"),
        ("internal error", "#x00"),
    ]


def test_no_properties_are_no_element() -> None:
    """An empty ``properties`` would say nothing."""
    assert properties_of([]) is None
    element = properties_of([("a\x00", "<b>")])
    assert element is not None
    assert (
        ET.tostring(element, encoding="unicode")
        == '<properties><property name="a#x00" value="&lt;b&gt;" /></properties>'
    )
