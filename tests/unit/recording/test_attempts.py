"""Tests of ``juncture.recording.attempts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from journals import TEST, phase, phases, started

from juncture.recording.attempts import Report, runs_of

if TYPE_CHECKING:
    from juncture.model import Outcome
    from juncture.recording.attempts import TestRecord
    from juncture.recording.journal import Event


def only(*events: Event) -> TestRecord:
    """Return the one run of one test."""
    (test,) = runs_of("gw0", events)
    return test


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("sp cp tp", "passed"),
        ("sp cf tp", "failed"),
        ("sp cs tp", "skipped"),
        ("ss tp", "skipped"),
        ("sf tp", "error"),
        ("sp cp tf", "error"),
        ("sp cf tf", "failed"),
        ("sp cs tf", "error"),
        ("ss tf", "error"),
        ("sf tf", "error"),
        ("sp csx tp", "xfailed"),
        ("sp cpx tp", "xpassed"),
        ("ssx tp", "xfailed"),
        ("sp csx tf", "error"),
        ("sp cpx tf", "error"),
        ("sp cf ts", "failed"),
        ("sf ts", "error"),
        ("sp cp ts", "skipped"),
        ("sp cp tsx", "xfailed"),
    ],
)
def test_outcome_of_every_combination_of_phases(text: str, outcome: Outcome) -> None:
    """A failed assertion is a failure, anything around it an error; no later skip makes a failure harmless."""
    test = only(*phases(text))
    assert (test.outcome, test.ended) == (outcome, True)


@pytest.mark.parametrize("text", ["", "sp", "sp cp", "sp cf", "ss", "sf", "sp csx", "sp c|", "sp c| tp", "sp c| tp +"])
def test_test_that_was_in_flight_is_an_error(text: str) -> None:
    """Whatever it had done so far: a test whose process was killed did not pass, and says which process it was."""
    test = only(*phases(text))
    assert (test.outcome, test.text, test.ended) == ("error", "gw0 ended while this test ran", False)


def test_a_test_whose_body_never_ran_is_an_error() -> None:
    """``--setup-only`` and ``--setup-plan`` set up fixtures, and pytest says nothing of a call."""
    test = only(*phases("sp tp"))
    assert (test.outcome, test.ended) == ("error", True)
    assert test.text == "its body never ran: only fixtures were set up"


def test_why_the_run_was_stopped_is_told() -> None:
    """A test that was in flight when somebody broke the run off names the reason."""
    test = only(*phases("sp"), {"event": "stopped", "time": 1.0, "reason": "Exit: enough"})
    assert test.text == "gw0 ended while this test ran: Exit: enough"


def test_test_that_starts_again_is_another_run() -> None:
    """Nothing of the first run is lost in the second, nor the other way round."""
    runs = runs_of("gw0", [*phases("sp cf tp"), *phases("sp cp tp"), started()])
    assert [run.outcome for run in runs] == ["failed", "passed", "error"]


@pytest.mark.parametrize(
    "text", ["sp c| sp cp tp", "sp c| tp + sp cp tp", "s| tp + sp cp tp", "sp cp t| + sp cp tp", "s| sp c| sp cp tp"]
)
def test_attempts_of_one_test_are_one_run(text: str) -> None:
    """What is tried again counts by its last attempt, whether or not the plugin tells of each start."""
    test = only(*phases(text))
    assert (test.outcome, test.ended, test.passes) == ("passed", True, 1)
    assert [report.outcome for report in test.reruns] == ["rerun"] * text.count("|")
    assert test.reports == ()


@pytest.mark.parametrize("text", ["sp tp + sp cp tp", "tp + sp cp tp", "sp tp + tp + sp cp tp"])
def test_attempts_of_which_a_plugin_keeps_the_result_are_one_run(text: str) -> None:
    """The plugin flaky tells of each start, but not how the setup or call ended before it tried again."""
    test = only(*phases(text))
    assert (test.outcome, test.ended, test.passes, test.reports) == ("passed", True, 1, ())


@pytest.mark.parametrize("text", ["sp tf + sp cp tp", "tf + sp cp tp", "ss tp + sp cp tp", "sf tp + sp cp tp"])
def test_what_was_told_of_a_run_is_not_covered_up(text: str) -> None:
    """A test that failed or was skipped, and starts again without a word, ran twice."""
    first, second = runs_of("gw0", phases(text))
    assert (first.outcome == "passed", second.outcome) == (False, "passed")


@pytest.mark.parametrize("text", ["sp +", "sp cp +", "sp + sp cp tp", "+ sp cp tp"])
def test_a_start_amid_a_run_is_another_run(text: str) -> None:
    """Only after its teardown may a test be tried again."""
    assert len(runs_of("gw0", phases(text))) == 2


def test_attributes_do_not_make_a_run_look_unfinished() -> None:
    """A test that told of itself in its call, and starts again, ran twice."""
    attribute = {"event": "attribute", "time": 101.5, "test": TEST, "name": "a", "value": "b"}
    begun, setup, *rest = phases("sp cp tp")
    assert len(runs_of("gw0", [begun, setup, attribute, *rest, *phases("sp cp tp")])) == 2


@pytest.mark.parametrize("text", ["sp tp", "sp tp + sp tp", "sp cp tp + sp tp"])
def test_a_result_that_is_kept_to_the_end_is_an_error(text: str) -> None:
    """Who never tells how the body ended did not pass."""
    assert runs_of("gw0", phases(text))[-1].outcome == "error"


def test_last_attempt_that_fails_is_a_failure() -> None:
    """Trying again does not help what is broken."""
    assert only(*phases("sp c| tp + sp cf tp")).outcome == "failed"


def test_seconds_are_by_phase_and_add_up_over_attempts() -> None:
    """A phase that was tried again took the time of both attempts."""
    assert only(*phases("sp c| tp + sp cp tp")).seconds == {"setup": 0.5, "call": 0.5, "teardown": 0.5}


def test_a_test_begins_where_it_starts() -> None:
    """With its first attempt, not when its first phase has ended."""
    assert only(*phases("sp c| tp sp cp tp")).began == 101.0


def test_subtests_take_no_time_of_their_own() -> None:
    """The call's seconds hold those of its subtests."""
    events = [started(), phase("setup", "passed"), phase("call", "passed", subtest="(n=1)"), *phases("cp tp")[1:]]
    test = only(*events)
    assert test.seconds["call"] == 0.25
    assert (test.passes, test.outcome) == (2, "passed")


def test_failed_subtest_fails_its_test() -> None:
    """Where pytest lets the call itself pass, as with unittest's subtests, and where it does not."""
    failed = phase("call", "failed", subtest="(n=1)", text="assert 1 == 2")
    test = only(started(), phase("setup", "passed"), failed, *phases("cp tp")[1:])
    assert (test.outcome, test.text) == ("failed", "assert 1 == 2")
    assert only(started(), phase("setup", "passed"), failed, *phases("cf tp")[1:]).outcome == "failed"


def test_skipped_subtest_does_not_skip_its_test() -> None:
    """The rest of the test did run."""
    skipped = phase("call", "skipped", subtest="(n=1)", message="no network")
    assert only(started(), phase("setup", "passed"), skipped, *phases("cp tp")[1:]).outcome == "passed"


def test_texts_of_all_phases_are_kept() -> None:
    """A failure and the error of its teardown are both told."""
    first, second = phase("call", "failed", text="assert 1 == 2"), phase("teardown", "failed", text="no connection")
    assert only(started(), phase("setup", "passed"), first, second).text == "assert 1 == 2\nno connection"


@pytest.mark.parametrize(("field", "event"), [("message", "skipped"), ("xfail", "skipped")])
def test_reason_of_a_skip_is_its_text(field: str, event: str) -> None:
    """A skip, and a failure that was expected, say why."""
    test = only(started(), phase("setup", event, **{field: "no network"}), phase("teardown", "passed"))
    assert test.text == "no network"


def test_report_has_all_that_the_event_says() -> None:
    """What a JUnit file needs goes from the journal to the record."""
    said = {"message": "m", "text": "t", "log": "l", "out": "o", "err": "e"}
    event = phase("call", "failed", **said, properties=[["key", "value"], ["key", "2"]])
    test = only(started(), phase("setup", "passed"), event, phase("teardown", "passed"))
    properties = (("key", "value"), ("key", "2"))
    assert test.reports == (Report(phase="call", outcome="failed", properties=properties, **said),)


def test_phases_that_passed_and_say_no_more_have_no_report() -> None:
    """Most tests of most suites are small in memory."""
    test = only(*phases("sp cp tp"))
    assert (test.reports, test.reruns, test.passes, dict(test.attributes)) == ((), (), 1, {})


def test_attributes_are_the_tests_own() -> None:
    """What the test said of itself is kept, the last word for each name."""
    told = [{"event": "attribute", "time": 1.0, "test": TEST, "name": "name", "value": value} for value in "ab"]
    assert only(*phases("sp"), *told, *phases("cp tp")[1:]).attributes == {"name": "b"}


def test_runs_are_in_the_order_of_their_starts() -> None:
    """Two tests may overlap: what belongs to which is told by each event."""
    events = [started("b"), started("a"), phase("setup", "passed", "b"), phase("teardown", "passed", "a")]
    assert [(run.nodeid, run.ended) for run in runs_of("gw0", events)] == [("b", False), ("a", True)]
