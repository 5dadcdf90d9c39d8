"""Compare a run's wall time with its budget, and name what costs most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.costs import FixtureCost, fixture_costs, test_costs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from juncture.recording.outcomes import RunRecord

__all__ = ["over_budget"]

COSTLIEST = 5


def over_budget(suites: Mapping[str, Sequence[RunRecord]], budget: float) -> list[str]:
    """Return what to tell where a suite took longer than ``budget`` seconds; nothing where none did, or has none.

    ``suites`` maps the names of suites, one for each Python of a matrix, to the records of their shards: they run side
    by side, so the slowest one of all counts. The first line says by how much it was too long, the others are the
    costliest tests and shared fixtures of all shards of its suite, most expensive first. A test does not pay for a
    fixture that it happened to be the first to need.
    """
    walls = [(_wall(record), suite, record.shard) for suite, records in suites.items() for record in records]
    wall, suite, shard = max(walls, key=lambda each: each[0], default=(0.0, "", 0))
    if not budget or wall <= budget:
        return []
    who = f"shard {shard}" if len(suites[suite]) > 1 else ""
    if len(suites) > 1:
        who = f"{who} of {suite}" if who else suite
    over = f"{who or 'it'} took {wall:.1f} s, {wall - budget:.1f} s more than the budget of {budget:g} s"
    costs = _costs(suites[suite])
    width = max((len(f"{seconds:.2f}") for _, seconds in costs), default=0)
    return [over, *(f"{seconds:{width}.2f} s  {what}" for what, seconds in costs)]


def _wall(record: RunRecord) -> float:
    """Return what a shard took: its workers run side by side."""
    return max((worker.wall for worker in record.workers), default=0.0)


def _costs(records: Sequence[RunRecord]) -> list[tuple[str, float]]:
    """Return what costs most, with the seconds of all workers together."""
    costs = test_costs(records) + [(_told(fixture), fixture.seconds) for fixture in fixture_costs(records)]
    return sorted(costs, key=lambda cost: (-cost[1], cost[0]))[:COSTLIEST]


def _told(fixture: FixtureCost) -> str:
    where = f" of {fixture.base}" if fixture.base else ""
    often = "once" if fixture.setups == 1 else f"{fixture.setups} times"
    return f"fixture {fixture.name}{where} ({fixture.scope}, set up {often})"
