"""Workflow commands that make GitHub show failures beside the code."""

from __future__ import annotations

from dataclasses import replace

from bundled import ran, recorded, suite_of

from juncture.merging.values import Merged, Problem
from juncture.recording.outcomes import Report, TestRecord
from juncture.reporting.annotations import MOST, annotation_lines


def failed(nodeid: str, message: str = "AssertionError: assert 1 == 2", text: str = "") -> TestRecord:
    """Return a test that failed in its call."""
    return replace(ran(nodeid, "failed"), reports=(Report(phase="call", outcome="failed", message=message, text=text),))


def merged(*tests: TestRecord, problems: tuple[Problem, ...] = ()) -> Merged:
    """Return the result of one suite with these tests."""
    return Merged(suites=(suite_of(recorded(*tests), problems=problems),), problems=(), coverage=None, points=())


def test_nothing_to_say() -> None:
    """A test that passed has no annotation."""
    assert annotation_lines(merged(ran("t.py::test_a", "passed"))) == []


def test_a_failed_test_is_shown_where_it_failed() -> None:
    """The line is the last one in the test's own file; a helper's further down is not."""
    text = "t.py:3: in test_a\n    check()\nt.py:9: in check\nlib.py:40: AssertionError"
    assert annotation_lines(merged(failed("t.py::test_a[x,y]", text=text)), "examples/shop") == [
        "::error file=examples/shop/t.py,line=9,title=t.py%3A%3Atest_a[x%2Cy]::AssertionError: assert 1 == 2"
    ]


def test_a_problem_has_its_code() -> None:
    """What is missing is told though no test failed."""
    problem = Problem(code="shard-missing", text="shard 2 of 3 never reported")
    assert annotation_lines(merged(ran("t.py::test_a", "passed"), problems=(problem,))) == [
        "::error title=shard-missing::shard 2 of 3 never reported"
    ]


def test_no_message_is_a_command() -> None:
    """A message with line ends and percent signs stays one command."""
    (line,) = annotation_lines(merged(failed("t.py::test_a", "100 %\r::add-mask::x")))
    assert line == "::error file=t.py,title=t.py%3A%3Atest_a::100 %25\u240d::add-mask::x"


def test_more_than_github_shows_are_counted() -> None:
    """GitHub shows ten of a step: the tenth says how many there are."""
    lines = annotation_lines(merged(*(failed(f"t.py::test_{number:02}") for number in range(30))))
    assert len(lines) == MOST
    assert lines[-1] == "::error title=and more::21 more failures: the job's summary has them all"
