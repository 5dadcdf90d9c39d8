"""The plan: which tests each shard runs, as a pure function of the tests, the number of shards and recorded seconds."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.sharding.bound import Bound
from juncture.sharding.costs import LONGEST, PlannedTest, costs_of
from juncture.sharding.history import History
from juncture.sharding.placing import place
from juncture.sharding.reason import reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "LONGEST",
    "MOST_SHARDS",
    "MOST_WORKERS",
    "VERSION",
    "Plan",
    "PlannedTest",
    "Shard",
    "digest_of",
    "listed",
    "make_plan",
]

VERSION = 2
"""Of the plan's JSON form and of what its digest is made from."""

MOST_SHARDS = 256
"""GitHub's limit for the jobs of a matrix; GitLab's is 200."""

MOST_WORKERS = 64
"""More processes than any CI job has."""

_MICRO = 1_000_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: ``index`` counts from 1; ``nodeids`` are sorted and may be none."""

    index: int
    predicted_seconds: float
    nodeids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which shard runs what.

    ``digest`` names the assignment: equal digests, equal shards. ``lower_bound_seconds`` is the time that no division
    can beat, and ``bound_by`` says what keeps this one from an equal share, empty where nothing does. ``groups`` maps
    each node id to its group, sorted by node id. ``history`` is the digest of the history that it was made with, empty
    without one; ``workers`` are those of each shard that the predictions are for.
    """

    digest: str
    shards: tuple[Shard, ...]
    lower_bound_seconds: float
    groups: Mapping[str, str]
    bound_by: str = ""
    history: str = ""
    workers: int = 1


def make_plan(
    tests: Sequence[PlannedTest], shards: int, known: Mapping[str, float] | History, *, workers: int = 1
) -> Plan:
    """Return the plan of ``tests`` over ``shards``; their order does not matter.

    ``known`` is a history, or plain seconds by node id; `costs_of` says what a test without a time counts. With
    ``workers`` in each shard the tests are placed on all workers of all shards, each of which pays for its own
    fixtures. The result is the same, byte by byte, on every platform, Python version and hash seed. Raise `UsageError`
    for a number of shards out of 1 to 256, of workers out of 1 to 64, a node id that is there twice, and seconds that
    are none.
    """
    if not 1 <= shards <= MOST_SHARDS:
        raise UsageError(f"there can be 1 to {MOST_SHARDS} shards, not {shards}")
    if not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"a shard can have 1 to {MOST_WORKERS} workers, not {workers}")
    ordered = sorted(tests, key=itemgetter(0))
    groups = {test.nodeid: test.group for test in ordered}
    if len(groups) != len(tests):
        raise UsageError(f"a test can be planned once: {listed(_repeated(tests))} came more than once")
    costs = costs_of(ordered, known)
    pieces, assignment, bound = place(ordered, costs, shards * workers)
    home = _folded(assignment.times, shards)
    placed = [0] * len(ordered)
    nodeids: list[list[str]] = [[] for _ in range(shards)]
    for piece, number in zip(pieces, assignment.bins, strict=True):
        for test in piece.tests:
            placed[test] = 1 + home[number]
    for nodeid, index in zip(groups, placed, strict=True):
        nodeids[index - 1].append(nodeid)
    times = [0] * shards
    for number, time in enumerate(assignment.times):
        times[home[number]] = max(times[home[number]], time)
    if not costs.known:  # nobody measured a second, so none is predicted
        times, bound = [0] * shards, Bound(0)
    return Plan(
        digest=digest_of(shards, groups, dict(zip(groups, placed, strict=True))),
        shards=tuple(
            Shard(index, time / _MICRO, tuple(mine))
            for index, (time, mine) in enumerate(zip(times, nodeids, strict=True), 1)
        ),
        lower_bound_seconds=bound.time / _MICRO,
        groups=groups,
        bound_by=reason(ordered, costs, pieces, assignment, bound) if costs.known else "",
        history=known.digest if isinstance(known, History) else "",
        workers=workers,
    )


def digest_of(shards: int, groups: Mapping[str, str], placed: Mapping[str, int]) -> str:
    """Return the SHA-256 of an assignment, in hexadecimal.

    ``groups`` and ``placed`` map the same node ids, in sorted order, to groups and to the indexes of shards. The digest
    covers the version, the number of shards and three columns: node ids, groups, shards.
    """
    canonical = [VERSION, shards, list(groups), list(groups.values()), list(placed.values())]
    text = json.dumps(canonical, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def listed(nodeids: Sequence[str]) -> str:
    """Return up to five node ids for a message, and how many more there are."""
    rest = len(nodeids) - _NAMED
    return ", ".join(nodeids[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _folded(times: Sequence[int], shards: int) -> list[int]:
    """Return the shard of each bin, 0 the first: each shard gets as many, and about as much of the whole."""
    home = list(range(len(times)))
    if len(times) > shards:
        for rank, number in enumerate(sorted(home, key=lambda number: (-times[number], number))):
            turn, place = divmod(rank, shards)
            home[number] = shards - 1 - place if turn % 2 else place
    return home


def _repeated(tests: Sequence[PlannedTest]) -> list[str]:
    counts = Counter(test.nodeid for test in tests)
    return sorted(nodeid for nodeid, count in counts.items() if count > 1)
