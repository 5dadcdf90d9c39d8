"""What of an earlier run has to run again, and which run that was: pure, for the re-run and the merge alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.merging.attempts import newest
from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.merging.values import Arrived
    from juncture.sharding import Plan

__all__ = ["Rerun", "name_of", "plan_of", "wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What is to run again: ``tests`` of the ``total`` that an earlier run planned over ``shards`` shards.

    ``name`` is that run's, as `name_of` gives it; ``left_out`` names bundles that are of a re-run themselves.
    """

    name: str
    tests: frozenset[str]
    total: int
    shards: int
    left_out: tuple[str, ...] = ()


def wanted(base: Sequence[Arrived]) -> frozenset[str]:
    """Return the tests of an earlier run that its newest bundles do not prove to have ended well.

    These are tests that failed or met an error, whatever excuses them; tests that were planned or collected and never
    came to an end; and all tests of a process that was torn, as what it measured and what was to follow its last test
    are lost. A shard that is torn or unsealed and has none of these has to run as a whole: something befell it, and
    nobody can tell in which test.
    """
    chosen, _ = newest(base)
    plan = plan_of(base)
    planned = {shard.index: frozenset(shard.nodeids) for shard in plan.shards} if plan else {}
    there = {bundle.manifest.shard for bundle in chosen}
    found = {nodeid for shard, nodeids in planned.items() if shard not in there for nodeid in nodeids}
    for bundle in chosen:
        found |= _owed(bundle, planned.get(bundle.manifest.shard, frozenset()))
    return frozenset(found)


def plan_of(bundles: Iterable[Arrived]) -> Plan | None:
    """Return the plan that the newest bundles agree on; None where no bundle has one, or they have several."""
    chosen, _ = newest(bundles)
    plans = {bundle.plan.digest: bundle.plan for bundle in chosen if bundle.plan}
    return next(iter(plans.values())) if len(plans) == 1 else None


def name_of(base: Sequence[Arrived]) -> str:
    """Return the name of an earlier run: a SHA-256 over its plan and the runs that its newest bundles are of.

    The plan alone would not do: a shard that ran once more, and failed where it had not, has the same one. The name is
    empty where the bundles have no plan in common: there is no telling then what was lost.
    """
    plan = plan_of(base)
    if plan is None:
        return ""
    chosen, _ = newest(base)
    canonical = [plan.digest, *([bundle.manifest.shard, bundle.manifest.run] for bundle in chosen)]
    return hashlib.sha256(json.dumps(canonical, separators=(",", ":")).encode("ascii")).hexdigest()


def _owed(bundle: Arrived, planned: frozenset[str]) -> set[str]:
    """Return what a shard that is there owes, of which ``planned`` is what the plan gave it."""
    record = bundle.record
    ran = {test.nodeid for test in record.tests}
    owed = {*(planned - ran), *record.missing}
    owed |= {test.nodeid for test in record.tests if test.outcome in BAD_OUTCOMES or test.worker in record.torn}
    return owed or {*planned, *ran} if record.torn or bundle.unsealed else owed
