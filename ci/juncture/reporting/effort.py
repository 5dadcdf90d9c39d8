"""What a suite cost: the longest shard's time, how many processes shared the work, and how busy they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from juncture.merging.values import Suite

__all__ = ["Effort", "effort_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Shards run side by side: ``seconds`` are those of the slowest. ``busy`` is the share of the paid time, 0 to 1."""

    seconds: float
    shards: int
    workers: int
    busy: float


def effort_of(suite: Suite) -> Effort | None:
    """Return what a suite cost; None where no process ran. A shard is paid for until its last worker has ended.

    A re-run is not in it: it comes later, and only then is it known how long it takes.
    """
    walls = [[worker.wall for worker in shard.record.workers] for shard in suite.shards]
    paid = sum(max(each, default=0.0) * len(each) for each in walls)
    if not paid:
        return None
    return Effort(
        seconds=max(max(each, default=0.0) for each in walls),
        shards=len(walls),
        workers=sum(map(len, walls)),
        busy=sum(sum(test.seconds.values()) for shard in suite.shards for test in shard.record.tests) / paid,
    )
