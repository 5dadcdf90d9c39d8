"""Gates and coverage in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from juncture.merging.baseline import Baseline
from juncture.merging.coverage import Measured
from juncture.merging.gates import Verdict
from juncture.reporting.gates import coverage_text, gate_texts


@pytest.mark.parametrize(
    ("percent", "before", "text"),
    [
        (91.44, None, "91.4 %"),
        (91.44, 91.1, "91.4 %  (+0.3 since main)"),
        (90.0, 91.25, "90.0 %  (-1.2 since main)"),
        (91.44, 91.43, "91.4 %  (as on main)"),
        (None, 91.0, "nothing was measured"),
    ],
)
def test_total_and_what_became_of_it(percent: float | None, before: float | None, text: str) -> None:
    """The total in one decimal, and the difference where there is something to compare with."""
    assert coverage_text(Measured(percent, 1, Path("x")), Baseline(percent=before)) == text


def test_failing_gates_come_first_and_say_where_to_look() -> None:
    """Everything stands in columns; the places are below their gate."""
    verdicts = [
        Verdict(name="coverage", required=90.0, actual=91.44, holds=True),
        Verdict(name="points.orders-db", required=80.0, actual=100.0, holds=True),
        Verdict(
            name="changed",
            required=90.0,
            actual=50.0,
            holds=False,
            reason="2 of 4 lines since main",
            look=("shop/a.py:5-6", "shop/b.py:3"),
        ),
        Verdict(name="drop", required=0.5, actual=None, holds=False, reason="there is no baseline to compare with"),
    ]
    assert gate_texts(verdicts) == [
        "fails  changed lines   50.0 %  of 90 %           2 of 4 lines since main",
        "         shop/a.py:5-6",
        "         shop/b.py:3",
        "fails  since main           -  at most 0.5 lost  there is no baseline to compare with",
        "holds  total           91.4 %  of 90 %",
        "holds  orders-db      100.0 %  of 80 %",
    ]


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict(name="coverage", required=90.0, actual=89.96, holds=False), "fails  total  89.96 %  of 90 %"),
        (Verdict(name="coverage", required=90.0, actual=89.9999999, holds=False), "fails  total  89.9999 %  of 90 %"),
        (Verdict(name="coverage", required=91.44, actual=91.44, holds=True), "holds  total  91.44 %  of 91.44 %"),
        (
            Verdict(name="drop", required=0.5, actual=0.52, holds=False),
            "fails  since main  0.52 lost  at most 0.5 lost",
        ),
        (
            Verdict(name="drop", required=0.5, actual=0.50000001, holds=False),
            "fails  since main  0.5001 lost  at most 0.5 lost",
        ),
    ],
)
def test_figure_is_on_the_side_of_the_limit_that_it_is_on(verdict: Verdict, text: str) -> None:
    """Rounding never makes a gate that fails look as if it held, or the other way round."""
    assert gate_texts([verdict]) == [text]


def test_no_gate_is_no_text() -> None:
    """Nothing demanded, nothing said."""
    assert gate_texts([]) == []
