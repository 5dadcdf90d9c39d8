"""What tests and shared fixtures cost, every second counted once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.recording.outcomes import RunRecord

__all__ = ["FixtureCost", "fixture_costs", "test_costs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixtureCost:
    """A fixture of a wider scope than ``function``: how often it was set up, and the seconds of all workers."""

    base: str
    name: str
    scope: str
    setups: int
    seconds: float


def test_costs(records: Iterable[RunRecord]) -> list[tuple[str, float]]:
    """Return tests with their seconds, costliest first; none pays for a shared fixture that it was first to need."""
    costs: defaultdict[str, float] = defaultdict(float)
    for record in records:
        for test in record.tests:
            costs[test.nodeid] += sum(test.seconds.values())
        for fixture in record.fixtures:
            if fixture.test in costs:
                costs[fixture.test] -= fixture.seconds
    return sorted(
        ((nodeid, max(seconds, 0.0)) for nodeid, seconds in costs.items()), key=lambda each: (-each[1], each[0])
    )


def fixture_costs(records: Iterable[RunRecord]) -> list[FixtureCost]:
    """Return the shared fixtures, costliest first."""
    seconds: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    setups: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for record in records:
        for fixture in record.fixtures:
            identity = (fixture.base, fixture.name, fixture.scope)
            seconds[identity] += fixture.seconds
            setups[identity] += fixture.phase == "setup"
    costs = [
        FixtureCost(base=base, name=name, scope=scope, setups=setups[base, name, scope], seconds=taken)
        for (base, name, scope), taken in seconds.items()
    ]
    return sorted(costs, key=lambda cost: (-cost.seconds, cost.base, cost.name, cost.scope))
