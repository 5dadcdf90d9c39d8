"""The summary, as rows, in the terminal and as Markdown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bundled import ran, recorded, suite_of

from juncture.config import Quarantine
from juncture.merging.coverage import Measured
from juncture.merging.points import PointCoverage
from juncture.merging.values import Merged, Problem
from juncture.recording.outcomes import Report
from juncture.reporting.markdown import LIMIT, summary_markdown
from juncture.reporting.terminal import summary_lines

if TYPE_CHECKING:
    from juncture.model import Outcome
    from juncture.recording.outcomes import RunRecord


def shard(*outcomes: Outcome, number: int = 1, total: int = 1) -> RunRecord:
    """Return a run of one test for each outcome, a second each, on two workers of two seconds."""
    tests = (ran(f"t.py::test_{number}{at}", outcome) for at, outcome in enumerate(outcomes))
    return recorded(*tests, workers=2, shard=number, total=total, notes=("services   db  postgres 18.6",))


def merged(*shards: RunRecord, problems: tuple[Problem, ...] = (), expected: int = 1, **more: Any) -> Merged:
    """Return the result of one suite; ``more`` are the fields of the suite and of the whole."""
    own = {name: more.pop(name) for name in ("earlier", "quarantined") if name in more}
    suite = suite_of(*shards, expected=expected, problems=problems, **own)
    return Merged(suites=(suite,), problems=(), **{"coverage": None, "points": (), **more})


def test_a_good_run() -> None:
    """Counts, effort, services, coverage, points and the slowest tests stand in one column."""
    point = PointCoverage(name="orders-db", service="db", lines={"a.py": (2, 3)}, run={"a.py": (2,)})
    result = merged(
        shard("passed", "passed", "skipped"), coverage=Measured(91.44, 3, Path("coverage.data")), points=(point,)
    )
    assert result.verdict == "passed"
    assert summary_lines(result, Path("reports/integration")) == [
        "integration   2 passed, 1 skipped                    2.0 s   2 workers, 75 % busy",
        "services      db  postgres 18.6",
        "skipped          1  no reason",
        "coverage      91.4 %",
        "points        1 of 1 declared are run by integration tests",
        "              orders-db  db     1 of    2 lines in functions",
        "slowest         1.00 s  t.py::test_10",
        "                1.00 s  t.py::test_11",
        "                1.00 s  t.py::test_12",
        "report        reports/integration",
    ]


def test_a_missing_shard_is_red_and_named() -> None:
    """A shard that never reported makes the result incomplete, whatever the others say, with its tests."""
    problem = Problem(
        code="shard-missing", text="shard 2 of 2 never reported: 1 tests did not run", tests=("t.py::test_20",)
    )
    result = merged(shard("passed", total=2), expected=2, problems=(problem,))
    lines = summary_lines(result, Path("reports"))
    assert result.verdict == "incomplete"
    assert "shards        1 of 2       1 tests     2.0 s" in lines
    assert "              2 of 2   never reported" in lines
    assert lines[0].endswith("1 of 2 shards, 2 workers, 25 % busy")
    assert "incomplete    shard 2 of 2 never reported: 1 tests did not run  [shard-missing]" in lines
    assert "not proved    t.py::test_20" in lines


def test_a_selection_is_told() -> None:
    """A run of some tests is as green as one of all: whoever reads the result shall know which one it was."""
    told = "selection     perhaps a part of the suite: -k, -m, -x, a path or the like chose among its tests"
    whole, part = shard("passed"), replace(shard("passed"), narrowed=True)
    assert [told in summary_lines(merged(record), Path("reports")) for record in (whole, part)] == [False, True]


def test_failures_are_listed() -> None:
    """Failed tests are named with their place and reason, and with the line to run them again."""
    result = merged(shard("failed", "passed", total=2), shard("error", number=2, total=2), expected=2)
    lines = summary_lines(result, Path("reports"))
    assert result.verdict == "failed"
    at = lines.index("failed        t.py::test_10  (shard 1 of 2, gw0)")
    assert lines[at + 1 : at + 5] == [
        "                m",
        "              t.py::test_20  (shard 2 of 2, gw0)",
        "                m",
        "again         nox -s integration -- t.py::test_10 t.py::test_20",
    ]
    assert lines[-2:] == ["result        failed", "report        reports"]


def test_flaky_and_excused_tests_are_listed() -> None:
    """What passed after it had failed is named with how often; what is in quarantine, with until when and why."""
    failure = Report(phase="call", outcome="failed", message="m")
    record = shard("passed", "failed")
    again = replace(record, tests=(replace(record.tests[0], reruns=(failure, failure)), record.tests[1]))
    excused = {"t.py::test_11": Quarantine(test="t.py::*", until=date(2026, 12, 31), reason="the relay sends twice")}
    result = merged(again, earlier={"t.py::test_10": (failure,)}, quarantined=excused)
    lines = summary_lines(result, Path("reports"))
    assert result.verdict == "passed"
    assert "flaky         t.py::test_10  passed, and failed in 1 older attempt and in 2 tries before" in lines
    assert "quarantine    t.py::test_11  failed, excused until 2026-12-31: the relay sends twice" in lines
    assert not [line for line in lines if line.startswith("failed")]


def test_what_is_let_pass_is_still_called_incomplete() -> None:
    """In the terminal and on the page, with every problem."""
    problem = Problem(code="shard-missing", text="shard 2 of 2 never reported")
    result = merged(shard("passed", total=2), expected=2, problems=(problem,), allow_missing=True)
    lines = summary_lines(result, Path("reports"))
    assert result.let_pass
    assert result.verdict == "incomplete"
    assert "incomplete    shard 2 of 2 never reported  [shard-missing]" in lines
    assert any(line.startswith("result        incomplete: ") and "--allow-missing" in line for line in lines)
    assert summary_markdown(result, lines).startswith("### ❌ incomplete, let pass by --allow-missing\n")
    worse = merged(shard("passed"), problems=(problem, Problem(code="test-doubled", text="x")), allow_missing=True)
    assert not worse.let_pass


def test_a_long_list_is_cut() -> None:
    """More problems than fit a screen are counted."""
    problems = tuple(Problem(code="process-torn", text=f"p{number}") for number in range(30))
    assert "              ... and 22 more" in summary_lines(merged(shard(), problems=problems), Path("reports"))


def test_markdown_keeps_the_lines_and_the_limit() -> None:
    """The page shows the terminal's lines in a block that no line can end, and never exceeds the platform's limit."""
    result = merged(shard("passed"))
    page = summary_markdown(result, ["a   b", "```"])
    assert page == "### ✅ passed\n\n```text\na   b\n` ` `\n```\n"
    long = summary_markdown(result, ["x" * 1000] * 2000)
    assert len(long.encode()) <= LIMIT
    assert "more lines" in long


def test_no_text_plays_with_the_terminal() -> None:
    """Escape sequences, controls and half characters in a test's reason are written out, so that all can be shown."""
    failure = Report(phase="call", outcome="failed", message="\x1b[31mred\x1b]0;title\x07 \ud800\u202e")
    record = replace(shard("failed"), tests=(ran("t.py::test", "failed", reports=(failure,)),))
    text = "\n".join(summary_lines(merged(record), Path("reports")))
    assert "red␛]0;title␇ \\ud800\\u202e" in text
    text.encode("utf-8")
