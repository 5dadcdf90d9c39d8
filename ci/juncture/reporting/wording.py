"""The words for a test that did not simply pass: where it ran, why it failed, what excuses it, how to run it again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.merging.values import Arrived, Suite
    from juncture.recording.outcomes import TestRecord

__all__ = ["again", "counted", "excused", "flaky", "places", "reason", "skip_reason"]

WIDEST = 100
"""Columns of a reason's one line."""


def places(suite: Suite) -> dict[int, str]:
    """Return where each test ran, by the identity of its record: several records may be of one test."""
    return {
        id(test): f"{where}, {test.worker}" if where else test.worker
        for bundle in suite.bundles
        for where in [_shard(suite, bundle)]
        for test in bundle.record.tests
    }


def _shard(suite: Suite, bundle: Arrived) -> str:
    """Return which shard a bundle is of; empty for the only one."""
    number, total = bundle.manifest.shard, bundle.manifest.total
    if bundle.manifest.rerun:
        return f"re-run {number} of {total}" if total > 1 else "re-run"
    return f"shard {number} of {suite.expected}" if suite.expected > 1 else ""


def reason(test: TestRecord) -> str:
    """Return the first line of why a test failed."""
    report = next((each for each in test.reports if each.outcome == "failed"), None)
    text = (report.message if report and test.ended else test.text).strip()
    line = text.partition("\n")[0]
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 3]}..."


def again(suite: Suite, tests: Iterable[TestRecord]) -> str:
    """Return the line that runs these tests again."""
    words = " ".join(shlex.quote(test.nodeid) for test in tests)
    return f"nox -s {suite.name.partition('-')[0]} -- {words}"


def flaky(suite: Suite, test: TestRecord) -> str:
    """Return how often a test failed before it passed, and where."""
    earlier, reruns = len(suite.earlier.get(test.nodeid, ())), len(test.reruns)
    ways = [f"in {counted(earlier, 'older attempt')}"] if earlier else []
    ways += [f"in {counted(reruns, 'try', 'tries')} before"] if reruns else []
    return f"{test.outcome}, and failed {' and '.join(ways)}"


def excused(suite: Suite, test: TestRecord) -> str:
    """Return what became of a test in quarantine, until when it is excused, and why."""
    entry = suite.quarantined[test.nodeid]
    what = "failed" if test.outcome in BAD_OUTCOMES else "flaky"
    return f"{what}, excused until {entry.until}: {entry.reason}"


def skip_reason(test: TestRecord) -> str:
    """Return the first line of why a test was skipped, or was expected to fail."""
    report = next((each for each in test.reports if each.outcome == "skipped" or each.xfail is not None), None)
    text = (report.message or report.xfail or "") if report else test.text
    return text.strip().partition("\n")[0][:WIDEST] or "no reason"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its word: 1 test, 2 tests."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
