"""Attempts: the newest one of each shard decides, and the failures of older ones are evidence of flaky tests."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from juncture.merging.values import Problem
from juncture.model import BAD_OUTCOMES
from juncture.recording.outcomes import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.merging.values import Arrived
    from juncture.recording.outcomes import TestRecord

__all__ = ["earlier_failures", "failures_of", "newest"]


def newest(bundles: Iterable[Arrived]) -> tuple[list[Arrived], list[Problem]]:
    """Return the newest attempt of each shard, by index, and a problem for each attempt that arrived twice."""
    chosen, problems = [], []
    for shard, found in sorted(_by_shard(bundles).items()):
        last = max(bundle.manifest.attempt for bundle in found)
        same = [bundle for bundle in found if bundle.manifest.attempt == last]
        chosen.append(same[0])
        if len(same) > 1:
            names = " and ".join(bundle.name for bundle in same)
            problems.append(Problem(code="shard-doubled", text=f"shard {shard} arrived {len(same)} times: {names}"))
    return chosen, problems


def earlier_failures(bundles: Iterable[Arrived]) -> dict[str, tuple[Report, ...]]:
    """Return the failures in older attempts of each shard, by node id, in the order of the attempts.

    A bundle of an older attempt that is damaged tells nothing, and is no problem: it decides nothing either.
    """
    failures: dict[str, list[Report]] = defaultdict(list)
    for found in _by_shard(bundles).values():
        last = max(bundle.manifest.attempt for bundle in found)
        for bundle in sorted(found, key=lambda bundle: bundle.manifest.attempt):
            if bundle.manifest.attempt < last and not bundle.damage:
                for test in bundle.record.tests:
                    failures[test.nodeid] += failures_of(test, bundle.manifest.attempt)
    return {nodeid: tuple(found) for nodeid, found in failures.items() if found}


def failures_of(test: TestRecord, attempt: int) -> list[Report]:
    """Return why a test failed in one attempt; nothing where it did not."""
    if test.outcome not in BAD_OUTCOMES:
        return []
    found = [report for report in test.reports if report.outcome == "failed"]
    in_flight = Report(phase="call", outcome="failed", message=f"attempt {attempt}: {test.text}", text=test.text)
    return found[:1] or [in_flight]


def _by_shard(bundles: Iterable[Arrived]) -> dict[int, list[Arrived]]:
    by_shard: dict[int, list[Arrived]] = defaultdict(list)
    for bundle in bundles:
        by_shard[bundle.manifest.shard].append(bundle)
    return by_shard
