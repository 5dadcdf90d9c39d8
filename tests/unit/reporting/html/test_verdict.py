"""Tests of ``juncture.reporting.html.verdict``: what the verdict rests on."""

from __future__ import annotations

from typing import get_args

import pytest
from bundled import ran, recorded, suite_of

from juncture.merging.values import Code, Merged, Problem
from juncture.reporting.html.verdict import checks

TESTS = {
    "plan-foreign",
    "plan-missing",
    "test-missing",
    "test-doubled",
    "test-unplanned",
    "module-skipped",
    "run-broken",
}


def broken_by(code: Code) -> list[str]:
    """Return the names of what does not hold with one problem of this code, which names no test."""
    suite = suite_of(recorded(ran("t.py::test")), problems=(Problem(code=code, text="x"),))
    found = checks(Merged(suites=(suite,), problems=(), coverage=None, points=()))
    return [check.name for check in found if not check.holds]


@pytest.mark.parametrize("code", get_args(Code))
def test_no_problem_leaves_everything_standing(code: Code) -> None:
    """Each code that there is breaks something, so that no result is red with all its checks green."""
    assert broken_by(code)


@pytest.mark.parametrize("code", sorted(TESTS | {"shard-missing", "nothing-recorded"}))
def test_all_tests_ran_is_said_only_where_it_is_known(code: Code) -> None:
    """Where a shard is missing nobody can say so, also where no plan names its tests."""
    assert "Tests" in broken_by(code)


def test_an_unknown_code_is_shown_all_the_same() -> None:
    """A problem of a kind that no check is about has a line of its own."""
    new: Code = "coverage-newly-wrong"  # type: ignore[assignment]  # what a later version may tell
    assert broken_by(new) == ["Others"]
