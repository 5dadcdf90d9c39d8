"""What becomes of each gate."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from coverage.results import should_fail_under
from hypothesis import given
from hypothesis import strategies as st

from juncture.config import Config, KindSchema, parse
from juncture.merging.baseline import Baseline
from juncture.merging.changes import Changes
from juncture.merging.coverage import FileLines, Measured
from juncture.merging.gates import Verdict, judge, ranges
from juncture.merging.points import PointCoverage

FILES = {
    "shop/a.py": FileLines(executed=(1, 2, 3), missing=(5, 6, 9)),
    "shop/b.py": FileLines(executed=(1, 2), missing=()),
}
KINDS = {"postgres": KindSchema("postgres", frozenset(), frozenset())}
POINT = '[services.db]\nkind = "postgres"\n[points.orders-db]\ncode = ["shop/a.py"]\nservice = "db"\n'
UNKNOWN = Changes(problem="there is no base revision to compare with")
NO_BASELINE = Baseline(problem="there is no baseline to compare with")


def config(text: str) -> Config:
    """Return a declaration."""
    return parse(tomllib.loads(text), root=Path("/project"), kinds=KINDS, project="shop")


def measure(percent: float | None = 75.0, *, demanded: float = 0.0, precision: int = 0, files: int = 1) -> Measured:
    """Return a measure of two files."""
    lines = FILES if percent is not None else {}
    return Measured(percent, files, Path("coverage.data"), lines=lines, demanded=demanded, precision=precision)


def point(*run: int) -> PointCoverage:
    """Return the coverage of the declared point, whose code has four lines in functions."""
    return PointCoverage(
        name="orders-db", service="db", lines={"shop/a.py": (2, 3, 5, 6)}, run={"shop/a.py": tuple(run)}
    )


def judged(
    text: str,
    measured: Measured | None,
    *covered: PointCoverage,
    changes: Changes = UNKNOWN,
    baseline: Baseline = NO_BASELINE,
) -> list[Verdict]:
    """Return the verdicts on a declaration."""
    return judge(config(text), measured, covered, changes, baseline)


def test_nothing_demanded_is_nothing_judged() -> None:
    """Without a gate there is no verdict, whatever was measured."""
    assert judged(POINT, measure(), point()) == []
    assert judged("", None) == []


def test_total_holds_from_the_limit_on() -> None:
    """The limit itself is enough; a hair below is not, and the files with most to cover are named."""
    (holds,) = judged("[gates]\ncoverage = 75.0", measure(75.0))
    assert (holds.name, holds.required, holds.actual, holds.holds, holds.look) == ("coverage", 75.0, 75.0, True, ())
    (fails,) = judged("[gates]\ncoverage = 75.0", measure(74.9999))
    assert not fails.holds
    assert fails.look == ("shop/a.py  3 of 6 lines did not run",)


@pytest.mark.parametrize(
    ("gate", "reason"),
    [
        ("coverage = 0", "nothing was measured"),
        ("changed = 0", "there is no base revision to compare with"),
        ("drop = 100", "nothing was measured"),
        ("points = 0", "no point is declared"),
    ],
)
@pytest.mark.parametrize("measured", [None, measure(None, files=0)])
def test_gate_without_its_input_fails(gate: str, reason: str, measured: Measured | None) -> None:
    """What can't be judged does not hold, even where anything would do."""
    (verdict,) = judged(f"[gates]\n{gate}", measured)
    assert (verdict.holds, verdict.actual, verdict.reason) == (False, None, reason)


def test_each_point_is_judged_by_its_own_limit_or_that_for_all() -> None:
    """A point's own ``cover`` holds in place of the gate, and without one too."""
    (verdict,) = judged(f"{POINT}[gates]\npoints = 75", measure(), point(2, 3, 5))
    assert (verdict.name, verdict.required, verdict.actual, verdict.holds) == ("points.orders-db", 75.0, 75.0, True)
    (verdict,) = judged(f"{POINT}cover = 80\n[gates]\npoints = 75", measure(), point(2, 3, 5))
    assert (verdict.required, verdict.holds) == (80.0, False)
    (verdict,) = judged(f"{POINT}cover = 80", measure(), point(2))
    assert (verdict.actual, verdict.holds, verdict.look) == (25.0, False, ("shop/a.py:3-6",))


def test_point_that_can_not_be_judged_fails() -> None:
    """A point without functions, or one of a run without data, proves nothing."""
    empty = PointCoverage(name="orders-db", service="db", lines={}, run={})
    for measured, covered, reason in (
        (measure(), [empty], "no function is in shop/a.py"),
        (measure(), [], "nothing was measured"),
        (None, [point(2, 3, 5, 6)], "nothing was measured"),
    ):
        (verdict,) = judged(f"{POINT}cover = 0", measured, *covered)
        assert (verdict.holds, verdict.actual, verdict.reason) == (False, None, reason)


def test_changed_lines_count_where_they_can_run() -> None:
    """Blank lines, comments and files that are not measured are no part of it; what did not run is named."""
    changes = Changes(
        base="main",
        lines={"shop/a.py": frozenset({2, 3, 4, 5, 6, 7}), "docs/x.md": frozenset({1}), "new.py": frozenset()},
    )
    (verdict,) = judged("[gates]\nchanged = 60", measure(), changes=changes)
    assert (verdict.actual, verdict.holds) == (50.0, False)
    assert verdict.reason == "2 of 4 lines since main"
    assert verdict.look == ("shop/a.py:5-6",)
    (verdict,) = judged("[gates]\nchanged = 50", measure(), changes=changes)
    assert (verdict.holds, verdict.look) == (True, ())


def test_no_changed_line_holds() -> None:
    """Where nothing changed that can run there is nothing to judge, and that is said."""
    for lines in ({}, {"docs/x.md": frozenset({1})}, {"shop/a.py": frozenset({4})}):
        (verdict,) = judged("[gates]\nchanged = 100", measure(), changes=Changes(base="main", lines=lines))
        assert (verdict.holds, verdict.actual) == (True, None)
        assert verdict.reason == "no line that can run changed since main"


def test_changes_without_a_measure_fail() -> None:
    """Nothing measured is not nothing changed."""
    (verdict,) = judged("[gates]\nchanged = 0", None, changes=Changes(base="main"))
    assert (verdict.holds, verdict.reason) == (False, "nothing was measured")


@pytest.mark.parametrize(
    ("before", "now", "lost", "holds"),
    [(91.5, 91.0, 0.5, True), (91.3, 90.8, 0.5, True), (91.5, 90.99, 0.51, False), (90.0, 91.0, 0.0, True)],
)
def test_drop_is_counted_from_the_baseline(before: float, now: float, lost: float, holds: bool) -> None:  # noqa: FBT001
    """So much may be lost and no more; what binary fractions make of decimals is no loss."""
    (verdict,) = judged("[gates]\ndrop = 0.5", measure(now), baseline=Baseline(percent=before))
    assert verdict.actual == pytest.approx(lost)
    assert verdict.holds is holds
    assert bool(verdict.look) is not holds


def test_drop_without_a_baseline_fails() -> None:
    """Nothing to compare with is told."""
    (verdict,) = judged("[gates]\ndrop = 0.5", measure())
    assert (verdict.holds, verdict.reason) == (False, "there is no baseline to compare with")


@given(
    total=st.integers(0, 40_000).map(lambda part: 100 * part / 40_000),
    demanded=st.one_of(st.integers(1, 100).map(float), st.integers(1, 1000).map(lambda tenths: tenths / 10)),
    precision=st.integers(0, 3),
)
def test_fail_under_is_judged_as_coverage_does(total: float, demanded: float, precision: int) -> None:
    """The verdict on coverage's own setting is coverage's own."""
    (verdict,) = judged("", measure(total, demanded=demanded, precision=precision))
    assert verdict.name == "fail_under"
    assert verdict.holds is not should_fail_under(total, demanded, precision)


def test_many_places_are_bounded() -> None:
    """At most five places are named, the rest is counted; so are a file's ranges."""
    lines = {f"m{number}.py": FileLines(executed=(1,), missing=(2,)) for number in range(9)}
    measured = Measured(50.0, 1, Path("x"), lines=lines)
    (verdict,) = judged("[gates]\ncoverage = 60", measured)
    assert len(verdict.look) == 6
    assert verdict.look[-1] == "and 4 more files"
    assert ranges("a.py", range(1, 41, 2), range(1, 41)).endswith(", 15 and 12 more")


@pytest.mark.parametrize(
    ("lines", "statements", "text"),
    [
        ([3], [1, 3, 5], "a.py:3"),
        ([3, 5], [1, 3, 5, 9], "a.py:3-5"),
        ([3, 9], [1, 3, 5, 9], "a.py:3, 9"),
        ([1, 2, 3, 7], [1, 2, 3, 5, 7], "a.py:1-3, 7"),
        ([4], [], "a.py:4"),
    ],
)
def test_ranges_span_what_is_no_statement(lines: list[int], statements: list[int], text: str) -> None:
    """A comment within a range does not divide it, a statement that is not meant does."""
    assert ranges("a.py", lines, statements) == text
