"""Compare a run's wall time with its budget, and name what costs most."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.recording.outcomes import RunRecord

__all__ = ["over_budget"]

COSTLIEST = 5


def over_budget(records: Sequence[RunRecord], budget: float) -> list[str]:
    """Return what to tell of a suite that took longer than ``budget`` seconds; nothing where it did not, or has none.

    ``records`` are those of its shards: they run side by side, so the slowest one counts. The first line says by how
    much it was too long, the others are the costliest tests and shared fixtures of all shards, most expensive first.
    A test does not pay for a fixture that it happened to be the first to need.
    """
    walls = {record.shard: max((worker.wall for worker in record.workers), default=0.0) for record in records}
    shard = max(walls, key=lambda shard: walls[shard], default=0)
    if not budget or walls.get(shard, 0.0) <= budget:
        return []
    who = f"shard {shard} took" if len(walls) > 1 else "it took"
    over = f"{who} {walls[shard]:.1f} s, {walls[shard] - budget:.1f} s more than the budget of {budget:g} s"
    costs = _costs(records)
    width = max((len(f"{seconds:.2f}") for _, seconds in costs), default=0)
    return [over, *(f"{seconds:{width}.2f} s  {what}" for what, seconds in costs)]


def _costs(records: Sequence[RunRecord]) -> list[tuple[str, float]]:
    """Return what costs most, with the seconds of all workers together."""
    tests: defaultdict[str, float] = defaultdict(float)
    fixtures: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    setups: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        for test in record.tests:
            tests[test.nodeid] += sum(test.seconds.values())
        for fixture in record.fixtures:
            identity = (fixture.base, fixture.name, fixture.scope)
            fixtures[identity] += fixture.seconds
            setups[identity] += fixture.phase == "setup"
            if fixture.test in tests:
                tests[fixture.test] -= fixture.seconds
    costs = [(nodeid, max(seconds, 0.0)) for nodeid, seconds in tests.items()]
    costs += [(_fixture(*identity, setups[identity]), seconds) for identity, seconds in fixtures.items()]
    return sorted(costs, key=lambda cost: (-cost[1], cost[0]))[:COSTLIEST]


def _fixture(base: str, name: str, scope: str, setups: int) -> str:
    where = f" of {base}" if base else ""
    return f"fixture {name}{where} ({scope}, set up {'once' if setups == 1 else f'{setups} times'})"
