"""The summary, as rows, in the terminal and as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from juncture.merging import Merged, Suite
from juncture.merging.coverage import Measured
from juncture.merging.points import PointCoverage
from juncture.merging.proof import Arrived, Problem
from juncture.recording.bundle import Manifest
from juncture.recording.outcomes import RunRecord, TestRecord, WorkerRecord
from juncture.reporting.markdown import LIMIT, summary_markdown
from juncture.reporting.summary import verdict
from juncture.reporting.terminal import summary_lines

if TYPE_CHECKING:
    from juncture.model import Outcome


def arrived(*outcomes: Outcome, shard: int = 1, total: int = 1) -> Arrived:
    """Return a bundle of one test for each outcome, a second each, on two workers of two seconds."""
    record = RunRecord(
        tests=tuple(
            TestRecord(nodeid=f"t.py::test_{shard}{number}", worker="gw0", outcome=outcome, seconds={"call": 1.0})
            for number, outcome in enumerate(outcomes)
        ),
        workers=tuple(WorkerRecord(name=name, pid=1, closed=True, wall=2.0) for name in ("gw0", "gw1")),
        missing=(),
        torn=(),
        notes=("services   db  postgres 18.6",),
    )
    manifest = Manifest(
        suite="integration",
        shard=shard,
        total=total,
        attempt=1,
        plan="",
        commit="",
        run="",
        juncture="",
        pytest="",
        python="",
        platform="",
        files={},
    )
    return Arrived(name=f"b{shard}", manifest=manifest, unsealed="", damage=(), plan=None, record=record, measured=None)


def merged(*shards: Arrived, expected: int = 1, problems: tuple[Problem, ...] = (), **more: object) -> Merged:
    """Return the result of one suite."""
    suite = Suite(name="integration", expected=expected, shards=shards, problems=problems)
    return Merged(suites=(suite,), problems=(), coverage=more.get("coverage"), points=more.get("points", ()))  # type: ignore[arg-type]  # a test's own keywords


def test_a_good_run() -> None:
    """Counts, effort, services, coverage, points and the slowest tests stand in one column."""
    point = PointCoverage(name="orders-db", service="db", lines={"a.py": (2, 3)}, run={"a.py": (2,)})
    result = merged(
        arrived("passed", "passed", "skipped"), coverage=Measured(91.44, 3, Path("coverage.data")), points=(point,)
    )
    assert verdict(result) == "passed"
    assert summary_lines(result, Path("reports/integration")) == [
        "integration   2 passed, 1 skipped                    2.0 s   2 workers, 75 % busy",
        "services      db  postgres 18.6",
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
    result = merged(arrived("passed", total=2), expected=2, problems=(problem,))
    lines = summary_lines(result, Path("reports"))
    assert verdict(result) == "incomplete"
    assert "shards        1 of 2       1 tests     2.0 s" in lines
    assert "              2 of 2   never reported" in lines
    assert "incomplete    shard 2 of 2 never reported: 1 tests did not run  [shard-missing]" in lines
    assert "not proved    t.py::test_20" in lines


def test_failures_are_listed() -> None:
    """Failed tests are named with their worker, and the verdict is failed."""
    result = merged(arrived("failed", "error"))
    assert verdict(result) == "failed"
    assert "failed        t.py::test_10  (gw0)" in summary_lines(result, Path("reports"))


def test_a_long_list_is_cut() -> None:
    """More problems than fit a screen are counted."""
    problems = tuple(Problem(code="process-torn", text=f"p{number}") for number in range(30))
    assert "              ... and 22 more" in summary_lines(merged(arrived(), problems=problems), Path("reports"))


def test_markdown_keeps_the_lines_and_the_limit() -> None:
    """The page shows the terminal's lines in a block that no line can end, and never exceeds the platform's limit."""
    result = merged(arrived("passed"))
    page = summary_markdown(result, ["a   b", "```"])
    assert page == "### ✅ passed\n\n```text\na   b\n` ` `\n```\n"
    long = summary_markdown(result, ["x" * 1000] * 2000)
    assert len(long.encode()) <= LIMIT
    assert "more lines" in long
