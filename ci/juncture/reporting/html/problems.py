"""What makes a result incomplete: each problem with its code and the tests concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.html.markup import Html, clipped, element
from juncture.reporting.html.parts import and_more, section, tests_list
from juncture.reporting.wording import counted

if TYPE_CHECKING:
    from juncture.merging.values import Merged, Problem

__all__ = ["problems_section"]

MOST = 200
LONGEST = 2_000


def problems_section(merged: Merged) -> Html:
    """Return every problem, worst news first as the proof found it; nothing where there is none."""
    problems = merged.all_problems
    cards = [_card(problem) for problem in problems[:MOST]]
    return section("problems", "Problems", *cards, and_more(problems, MOST), count=len(problems))


def _card(problem: Problem) -> Html:
    return element(
        "article",
        element("code", problem.code, class_="code"),
        element("p", clipped(problem.text, LONGEST)),
        tests_list(counted(len(problem.tests), "test"), problem.tests),
        class_="card bad",
    )
