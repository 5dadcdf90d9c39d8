"""Whether what was collected is what was planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.sharding.plan import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.sharding.plan import Plan

__all__ = ["check_collection"]


def check_collection(plan: Plan, nodeids: Iterable[str], *, where: str) -> None:
    """Raise `UsageError` unless the node ids are exactly those of the plan, each once; ``where`` names the plan."""
    collected = list(nodeids)
    there = set(collected)
    strangers = sorted(there - plan.groups.keys())
    absent = sorted(plan.groups.keys() - there)
    problems = []
    if strangers:
        problems.append(f"it lacks {len(strangers)} of the tests that were collected: {listed(strangers)}")
    if absent:
        problems.append(f"{len(absent)} of its tests were not collected: {listed(absent)}")
    if len(there) != len(collected):
        problems.append(f"{len(collected) - len(there)} tests were collected more than once")
    if problems:
        raise UsageError(
            "; ".join(problems), where=where, hint="plan and run the same commit with the same selection of tests"
        )
