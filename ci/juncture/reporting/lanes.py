"""What each worker did when: groups of tests, setups of shared fixtures, and the time between, as plain values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.merging.values import Arrived, Suite
    from juncture.recording.outcomes import RunRecord, TestRecord, WorkerRecord

__all__ = ["Lane", "Stretch", "end_of", "lanes_of", "told_together"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Time that one worker spent on one thing, in seconds since its shard began; ``tests`` of ``groups`` groups."""

    name: str
    start: float
    end: float
    tests: int = 0
    groups: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One worker of one shard.

    ``start`` and ``end`` are when its process began and ended, ``tests`` what it ran in order, ``fixtures`` the setups
    of shared fixtures within, ``bad`` the times at which tests that failed began: all in seconds since the shard began.
    ``rerun`` says that the shard is one of a re-run.
    """

    suite: str
    shard: int
    worker: str
    start: float
    end: float
    tests: tuple[Stretch, ...]
    fixtures: tuple[Stretch, ...]
    bad: tuple[float, ...]
    rerun: bool = False

    @property
    def where(self) -> str:
        """Return which shard it is of, in words."""
        return f"{'re-run' if self.rerun else 'shard'} {self.shard}"

    @property
    def count(self) -> int:
        """Return the number of tests."""
        return sum(stretch.tests for stretch in self.tests)

    @property
    def busy(self) -> float:
        """Return the seconds in which tests ran."""
        return sum(stretch.end - stretch.start for stretch in self.tests)


def lanes_of(suites: Iterable[Suite]) -> list[Lane]:
    """Return the lane of each worker whose times are known, shard by shard. Each test is a stretch of its own."""
    return [lane for suite in suites for shard in suite.bundles for lane in _lanes(suite.name, shard)]


def end_of(lanes: Iterable[Lane]) -> float:
    """Return when the last worker ended, each shard counted from its own beginning."""
    return max((lane.end for lane in lanes), default=0.0)


def told_together(lane: Lane, resolution: float) -> Lane:
    """Return a lane in which neighbours are one stretch where they are of one group, or shorter than ``resolution``.

    Gaps of less than ``resolution`` seconds are closed, so that no lane has more than a few stretches of that length.
    """
    fixtures = _joined(lane.fixtures, resolution)
    bad: list[float] = []
    for moment in lane.bad:
        if not bad or moment - bad[-1] >= resolution:
            bad.append(moment)
    return replace(
        lane,
        tests=tuple(_joined(lane.tests, resolution)),
        fixtures=tuple(each for each in fixtures if each.end - each.start >= resolution / 2),
        bad=tuple(bad),
    )


def _lanes(suite: str, shard: Arrived) -> list[Lane]:
    record = shard.record
    tests: dict[str, list[TestRecord]] = defaultdict(list)
    for test in record.tests:
        if test.began:
            tests[test.worker].append(test)
    return [
        _lane(suite, shard.manifest.shard, record, worker, sorted(tests[worker.name], key=lambda test: test.began))
        for worker in record.workers
        if worker.began
    ]


def _lane(suite: str, shard: int, record: RunRecord, worker: WorkerRecord, tests: Sequence[TestRecord]) -> Lane:
    began = min(record.began or worker.began, worker.began)
    start = worker.began - began
    end = start + max(0.0, worker.wall)
    stretches = []
    for test in tests:
        first = min(max(test.began - began, start), end)
        # A process that was replaced by one of its name has both their tests: what lies outside is cut off.
        last = min(max(first + sum(test.seconds.values()), first), end)
        stretches.append(Stretch(name=_group(record, test.nodeid), start=first, end=last, tests=1))
    fixtures = sorted(
        (
            Stretch(
                name=each.name, start=max(start, each.ended - began - each.seconds), end=min(end, each.ended - began)
            )
            for each in record.fixtures
            if each.worker == worker.name and each.phase == "setup" and each.ended
        ),
        key=lambda stretch: (stretch.start, stretch.end),
    )
    return Lane(
        suite=suite,
        shard=shard,
        worker=worker.name,
        start=start,
        end=end,
        tests=tuple(stretches),
        fixtures=tuple(each for each in fixtures if each.end > each.start),
        bad=tuple(max(0.0, test.began - began) for test in tests if test.outcome in BAD_OUTCOMES),
        rerun=record.rerun,
    )


def _group(record: RunRecord, nodeid: str) -> str:
    planned = record.planned.get(nodeid)
    return planned.group if planned else nodeid.partition("::")[0]


def _joined(stretches: Iterable[Stretch], resolution: float) -> list[Stretch]:
    found: list[Stretch] = []
    for each in stretches:
        last = found[-1] if found else None
        small = last is not None and min(last.end - last.start, each.end - each.start) < resolution
        if last is None or each.start - last.end >= resolution or not (last.name == each.name or small):
            found.append(each)
            continue
        longer = max(last, each, key=lambda stretch: stretch.end - stretch.start)
        found[-1] = Stretch(
            name=longer.name,
            start=last.start,
            end=max(last.end, each.end),
            tests=last.tests + each.tests,
            groups=last.groups + (last.name != each.name) * each.groups,
        )
    return found
