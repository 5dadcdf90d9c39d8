"""The recorder in real pytest processes: whose journals there are, and what they say of tests and their outcomes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from recorded import Recorded, words

if TYPE_CHECKING:
    from collections.abc import Callable


def test_events_are_in_the_order_in_which_things_happen(record: Callable[..., Recorded]) -> None:
    """From the first moment of the process to its last, each phase as it ends."""
    run = record("def test_a(): pass\ndef test_b(): assert 0")
    (events,) = run.journals.values()
    told = [words(event, "event", "test", "phase", "outcome") for event in events]
    assert told[0][0] == "opened"
    assert told[-1] == ("closed", None, None, None)
    assert [each for each in told if each[1]] == [
        ("started", "test_it.py::test_a", None, None),
        ("phase", "test_it.py::test_a", "setup", "passed"),
        ("phase", "test_it.py::test_a", "call", "passed"),
        ("phase", "test_it.py::test_a", "teardown", "passed"),
        ("started", "test_it.py::test_b", None, None),
        ("phase", "test_it.py::test_b", "setup", "passed"),
        ("phase", "test_it.py::test_b", "call", "failed"),
        ("phase", "test_it.py::test_b", "teardown", "passed"),
    ]
    assert words(events[-1], "exit", "coverage", "warnings") == (1, False, 0)


def test_each_worker_has_a_journal_and_the_controller_one_without_tests(record: Callable[..., Recorded]) -> None:
    """Every test is in exactly one of them."""
    run = record("import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n): pass", "-n", "2")
    assert set(run.journals) == {"journal-controller.jsonl", "journal-gw0.jsonl", "journal-gw1.jsonl"}
    assert {event["event"] for event in run.journals["journal-controller.jsonl"]} <= {"opened", "note", "closed"}
    started = Counter(event["test"] for event in run.events("started"))
    assert sorted(started.items()) == [(f"test_it.py::test_it[{number}]", 1) for number in range(6)]
    assert run.record.torn == run.record.missing == ()


def test_reasons_are_recorded(record: Callable[..., Recorded]) -> None:
    """A skip's, an expected failure's and a failure's."""
    run = record(
        """
import pytest
@pytest.mark.skip(reason="no network")
def test_skip(): pass
@pytest.mark.xfail(reason="known")
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
def test_fail():
    print("hello")
    assert 1 == 2, "odd"
""",
        "-o",
        "xfail_strict=false",
    )
    tests = {test.nodeid.rpartition("::")[2]: test for test in run.record.tests}
    assert {name: test.outcome for name, test in tests.items()} == {
        "test_fail": "failed",
        "test_skip": "skipped",
        "test_xfail": "xfailed",
        "test_xpass": "xpassed",
    }
    assert (tests["test_skip"].text, tests["test_xfail"].text) == ("no network", "known")
    (report,) = tests["test_fail"].reports
    assert (report.message, report.out) == ("AssertionError: odd\nassert 1 == 2", "hello\n")
    assert "def test_fail():" in report.text


def test_output_of_a_test_that_passes_is_not_kept(record: Callable[..., Recorded]) -> None:
    """Unless a JUnit file of this run would show it."""
    text = "def test_it(): print('hello')"
    assert not any("out" in event for event in record(text).events("phase"))
    loud = record(text, "-o", "junit_logging=all", "--basetemp=other")
    shown = [event["phase"] for event in loud.events("phase") if "out" in event]
    assert shown == ["teardown"]


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_failed_subtests_fail_their_test(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """Each is recorded with its words; with xdist as without."""
    run = record(
        "def test_it(subtests):\n    for n in range(3):\n        with subtests.test('odd', n=n): assert n != 1",
        *options,
    )
    (test,) = run.record.tests
    assert test.outcome == "failed"
    assert [report.subtest for report in test.reports] == ["[odd] (n=0)", "[odd] (n=1)", "[odd] (n=2)", None]
    assert test.reports[-1].message == "contains 1 failed subtest"


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_internal_error_is_recorded(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """A plugin's mistake is an error of the run, whatever the tests say."""
    broken = "def pytest_runtest_teardown(item):\n    raise SystemError('x')\ndef pytest_runtest_logfinish(): 1 / 0"
    run = record("def test_a(): pass", *options, conftest=broken)
    assert any("ZeroDivisionError" in text for text in run.record.internal)
    assert run.record.errors[0].startswith("pytest met an internal error: ")


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_warnings_are_counted_and_each_is_told_once(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """By the processes that run tests; with file, line and category, as in pytest's own summary."""
    run = record(
        "import warnings\ndef test_a(): [warnings.warn('same') for _ in range(3)]\n"
        "def test_b():\n    warnings.warn('other', DeprecationWarning)",
        *("-W", "always"),
        *options,
    )
    assert run.record.warnings == 4
    told = [text.partition("test_it.py:")[2] for text in run.record.warned]
    assert sorted(told) == ["2: UserWarning: same", "4: DeprecationWarning: other"]
    assert {event["test"] for event in run.events("warning")} == {"test_it.py::test_a", "test_it.py::test_b"}


def test_texts_of_warnings_are_bounded(record: Callable[..., Recorded]) -> None:
    """In number and length; all are counted."""
    run = record("import warnings\ndef test_a():\n    for n in range(150): warnings.warn(f'{n}' + 'x' * 5000)")
    assert (run.record.warnings, len(run.record.warned)) == (150, 100)
    assert {len(text) for text in run.record.warned} == {1000}


@pytest.mark.parametrize(
    ("options", "expected"), [((), {"main": True}), (("-n", "1"), {"controller": None, "gw0": True})]
)
def test_coverage_that_is_to_be_expected_is_told(
    record: Callable[..., Recorded],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    expected: dict[str, bool | None],
) -> None:
    """By the processes that run tests, where coverage was told to measure them."""
    monkeypatch.setenv("COVERAGE_PROCESS_START", "/dev/null")
    run = record("def test_a(): pass", *options)
    assert {events[0]["worker"]: events[-1].get("coverage") for events in run.journals.values()} == expected


def test_second_run_into_one_bundle_has_journals_of_its_own(record: Callable[..., Recorded]) -> None:
    """Nothing is overwritten, and nobody crashes for a name that is taken."""
    record("def test_a(): pass")
    run = record("def test_a(): pass")
    assert set(run.journals) == {"journal-main.jsonl", "journal-main-2.jsonl"}
    assert len(run.record.tests) == 2


def test_what_a_test_says_of_itself_is_recorded_without_a_junit_file(record: Callable[..., Recorded]) -> None:
    """Pytest's own fixtures would do nothing, and warn of one thing only."""
    run = record(
        """
def test_a(record_property, record_xml_attribute, record_testsuite_property):
    record_property("key", 1)
    record_xml_attribute("name", "own <name>")
    record_testsuite_property("ARCH", "PPC")
""",
        "-W",
        "error",
        "-W",
        "ignore::pytest.PytestExperimentalApiWarning",
    )
    run.result.assert_outcomes(passed=1)
    (test,) = run.record.tests
    assert test.attributes == {"name": "own <name>"}
    assert test.reports[0].properties == (("key", "1"),)
    assert run.record.properties == (("ARCH", "PPC"),)


def test_recorder_needs_no_other_plugin(record: Callable[..., Recorded]) -> None:
    """Without pytest's JUnit, terminal and cache plugins it records the same."""
    run = record("def test_a(): pass", "-p", "no:junitxml", "-p", "no:terminal", "-p", "no:xdist")
    assert [test.outcome for test in run.record.tests] == ["passed"]
