"""The plan: which tests each shard runs, as a pure function of the tests, the number of shards and recorded seconds."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.sharding.assignment import assign

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "LONGEST",
    "MOST_SHARDS",
    "VERSION",
    "Plan",
    "PlannedTest",
    "Shard",
    "digest_of",
    "listed",
    "make_plan",
]

VERSION = 1
"""Of the plan's JSON form and of what its digest is made from."""

MOST_SHARDS = 256
"""GitHub's limit for the jobs of a matrix; GitLab's is 200."""

LONGEST = 1e9
"""Seconds; what claims to take longer (30 years) is damage, and microseconds of it stay exact integers."""

_MICRO = 1_000_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """One test to place: its node id, and the group that it may not be parted from."""

    nodeid: str
    group: str


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: ``index`` counts from 1; ``nodeids`` are sorted and may be none."""

    index: int
    predicted_seconds: float
    nodeids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which shard runs what.

    ``digest`` names the assignment: equal digests, equal shards. ``lower_bound_seconds`` is the time that no
    assignment of whole groups can beat. ``groups`` maps each node id to its group, sorted by node id.
    """

    digest: str
    shards: tuple[Shard, ...]
    lower_bound_seconds: float
    groups: Mapping[str, str]


def make_plan(tests: Sequence[PlannedTest], shards: int, seconds: Mapping[str, float]) -> Plan:
    """Return the plan of ``tests`` over ``shards``; their order does not matter.

    ``seconds`` maps node ids to recorded durations; a test without one is taken to last the median of the others. The
    result is the same, byte by byte, on every platform, Python version and hash seed. Raise `UsageError` for a number
    of shards out of 1 to 256, a node id that is there twice, and seconds that are none.
    """
    if not 1 <= shards <= MOST_SHARDS:
        raise UsageError(f"there can be 1 to {MOST_SHARDS} shards, not {shards}")
    groups = {test.nodeid: test.group for test in sorted(tests, key=attrgetter("nodeid"))}
    if len(groups) != len(tests):
        raise UsageError(f"a test can be planned once: {listed(_repeated(tests))} came more than once")
    costs = _costs(groups, seconds)
    group_costs = dict.fromkeys(groups.values(), 0)
    for nodeid, group in groups.items():
        group_costs[group] += costs[nodeid]
    shard_of = assign(group_costs, shards)
    placed = {nodeid: shard_of[group] for nodeid, group in groups.items()}
    nodeids: list[list[str]] = [[] for _ in range(shards)]
    for nodeid, index in placed.items():
        nodeids[index - 1].append(nodeid)
    return Plan(
        digest=digest_of(shards, groups, placed),
        shards=tuple(
            Shard(index, sum(map(costs.__getitem__, mine)) / _MICRO, tuple(mine))
            for index, mine in enumerate(nodeids, 1)
        ),
        lower_bound_seconds=_lower_bound(group_costs.values(), shards) / _MICRO,
        groups=groups,
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


def _costs(nodeids: Iterable[str], seconds: Mapping[str, float]) -> dict[str, int]:
    if not seconds:
        return dict.fromkeys(nodeids, 0)
    known = {nodeid: _microseconds(nodeid, seconds[nodeid]) for nodeid in nodeids if nodeid in seconds}
    # The lower of the two middle ones: a mean of both would not be an integer.
    median = sorted(known.values())[(len(known) - 1) // 2] if known else 0
    return {nodeid: known.get(nodeid, median) for nodeid in nodeids}


def _microseconds(nodeid: str, seconds: float) -> int:
    if not 0 <= seconds <= LONGEST:
        raise UsageError(f"{seconds} is no duration in seconds", where=nodeid)
    return round(seconds * _MICRO)


def _lower_bound(group_costs: Iterable[int], shards: int) -> int:
    costs = list(group_costs)
    return max(-(-sum(costs) // shards), *costs) if costs else 0


def _repeated(tests: Sequence[PlannedTest]) -> list[str]:
    counts = Counter(test.nodeid for test in tests)
    return sorted(nodeid for nodeid, count in counts.items() if count > 1)
