"""Compare a run's wall time with its budget, and name what costs most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.costs import FixtureCost, fixture_costs, test_costs

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
    costs = test_costs(records) + [(_told(fixture), fixture.seconds) for fixture in fixture_costs(records)]
    return sorted(costs, key=lambda cost: (-cost[1], cost[0]))[:COSTLIEST]


def _told(fixture: FixtureCost) -> str:
    where = f" of {fixture.base}" if fixture.base else ""
    often = "once" if fixture.setups == 1 else f"{fixture.setups} times"
    return f"fixture {fixture.name}{where} ({fixture.scope}, set up {often})"
