"""The summary in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from juncture.merging import Merged
from juncture.merging.coverage import Measured
from juncture.recording.outcomes import RunRecord, TestRecord, WorkerRecord
from juncture.reporting.terminal import summary_lines

if TYPE_CHECKING:
    from juncture.model import Outcome


def record(*outcomes: Outcome, torn: tuple[str, ...] = ()) -> RunRecord:
    """Return a run of one test for each outcome, a second each, on two workers of two seconds."""
    return RunRecord(
        tests=tuple(
            TestRecord(nodeid=f"t.py::test_{number}", worker="gw0", outcome=outcome, seconds={"call": 1.0})
            for number, outcome in enumerate(outcomes)
        ),
        workers=tuple(WorkerRecord(name=name, pid=1, closed=True, wall=2.0) for name in ("gw0", "gw1")),
        missing=(),
        torn=torn,
        notes=("services   db  postgres 18.6",),
    )


def test_a_good_run() -> None:
    """Counts, effort, services, coverage and the slowest tests stand in one column."""
    merged = Merged(
        suite="integration", record=record("passed", "passed", "skipped"), coverage=Measured(91.44, 3), problems=()
    )
    assert summary_lines([merged], Path("reports/integration")) == [
        "integration   2 passed, 1 skipped                    2.0 s   2 workers, 75 % busy",
        "services      db  postgres 18.6",
        "coverage      91.4 %",
        "slowest         1.00 s  t.py::test_0",
        "                1.00 s  t.py::test_1",
        "                1.00 s  t.py::test_2",
        "report        reports/integration",
    ]


def test_failures_and_problems_are_named() -> None:
    """Failed tests are listed with their worker, and what is missing comes before them."""
    merged = Merged(
        suite="integration", record=record("failed", "error"), coverage=None, problems=("gw1 came to no orderly end",)
    )
    lines = summary_lines([merged], Path("reports"))
    assert lines[0].startswith("integration   1 failed, 1 error")
    assert "incomplete    gw1 came to no orderly end" in lines
    assert "failed        t.py::test_0  (gw0)" in lines


def test_a_long_list_is_cut() -> None:
    """More problems than fit a screen are counted."""
    merged = Merged(suite="unit", record=record(), coverage=None, problems=tuple(f"p{n}" for n in range(30)))
    lines = summary_lines([merged], Path("reports"))
    assert "              ... and 22 more" in lines
    assert lines[0].startswith("unit          no test ran")
