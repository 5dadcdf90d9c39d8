"""The loader beside `rerun`: read the bundles of an earlier run of which a re-run is asked for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.merging.attempts import newest
from juncture.merging.bundles import Plans, arrive, find, folders_of
from juncture.merging.rerun import Rerun, name_of, plan_of, wanted
from juncture.merging.values import Problem
from juncture.sharding.garbage import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.merging.values import Arrived

__all__ = ["OPTION", "rerun_of"]

OPTION = "--juncture-rerun"
LEAVE_OUT = "fetch it once more; or leave it out, here and in the merge, and all tests of its shard run again"


def rerun_of(named: Iterable[Path], suite: str = "") -> Rerun:
    """Return what is to run again of the bundles that paths name, of one ``suite`` where its name is known.

    Bundles of re-runs are left out: what is run again is always all that the first run owes. Raise `UsageError` where
    the bundles do not tell what they owe: none is there, one can't be read or is damaged, they are of several suites,
    or have no plan in common.
    """
    with undisturbed(), tempfile.TemporaryDirectory(prefix="juncture-rerun-") as scratch:
        found = _read(named, Path(scratch))
    base = [bundle for bundle in found if not bundle.manifest.rerun]
    if found and not base:
        raise UsageError(
            f"{found[0].name} is of a re-run itself",
            where=OPTION,
            hint="name the bundles of the run that it ran again; it may run again as often as you like",
        )
    base = _of_one_suite(base, suite)
    chosen, doubled = newest(base)
    wrong = [problem.text for problem in doubled]
    wrong += [f"{bundle.name} is damaged: {bundle.damage[0]}" for bundle in chosen if bundle.damage]
    wrong += [f"{bundle.name}: no process recorded anything" for bundle in chosen if not bundle.record.workers]
    if wrong:
        raise UsageError(wrong[0], where=OPTION, hint=LEAVE_OUT)
    plan = plan_of(base)
    if plan is None:
        raise UsageError(
            "these bundles have no plan in common, so nobody can tell what did not run",
            where=OPTION,
            hint="run all tests again; the merge says what is wrong with the bundles",
        )
    return Rerun(
        name=name_of(base),
        tests=wanted(base),
        total=len(plan.groups),
        shards=len(plan.shards),
        left_out=tuple(bundle.name for bundle in found if bundle.manifest.rerun),
    )


def _read(named: Iterable[Path], scratch: Path) -> list[Arrived]:
    plans = Plans()
    found = []
    for name, what in folders_of(find(named), scratch):
        each = what if isinstance(what, Problem) else arrive(name, what, plans)
        if isinstance(each, Problem):
            raise UsageError(each.text, where=OPTION, hint=LEAVE_OUT)
        found.append(each)
    return found


def _of_one_suite(bundles: Sequence[Arrived], suite: str) -> list[Arrived]:
    names = sorted({bundle.manifest.suite for bundle in bundles})
    found = [bundle for bundle in bundles if bundle.manifest.suite == suite] if suite else list(bundles)
    if not found:
        there = f"these are of {', '.join(names)}" if names else "there is none"
        raise UsageError(f"no bundle is of the suite {suite}: {there}", where=OPTION, hint="name what its jobs left")
    if not suite and len(names) > 1:
        raise UsageError(
            f"the bundles are of several suites: {', '.join(names)}",
            where=OPTION,
            hint="name those of one, or say which by JUNCTURE_SUITE",
        )
    return found
