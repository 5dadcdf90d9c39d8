"""Tests of ``juncture.reporting.cleaning``."""

from __future__ import annotations

from juncture.reporting.cleaning import clean_lines


def test_processes_are_summed_up_by_service() -> None:
    """One line each, with the mean cost of every way that was taken."""
    told = [
        ("db", {"nothing": [3, 0.0006], "rows": [1, 0.001]}),
        ("audit", {"fresh": [1, 0.002]}),
        ("db", {"nothing": [1, 0.0002], "rollback": [2, 0.0005], "fresh": [2, 0.003]}),
    ]
    assert clean_lines(told) == [
        "audit: 1 new copy (2.00 ms each)",
        (
            "db: 4 left nothing (0.20 ms each), 2 rolled back (0.25 ms each), 1 with rows put back (1.00 ms each), "
            "2 new copies (1.50 ms each)"
        ),
    ]


def test_nothing_told_is_no_line() -> None:
    """A run without databases says nothing of them."""
    assert clean_lines([]) == []
