"""What the summary says of the tests that did not simply pass: failed, flaky, excused, skipped."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from juncture.model import BAD_OUTCOMES
from juncture.reporting.rows import SHOWN, Row, listed

if TYPE_CHECKING:
    from juncture.merging.values import Suite
    from juncture.recording.outcomes import TestRecord

__all__ = ["failure_rows"]

WIDEST = 100
"""Columns of a failure's one line; the whole text is in junit.xml."""

AGAIN = 3
"""Failed tests that the line to run them again names; of more the whole suite is as quick to run."""


def failure_rows(suite: Suite) -> list[Row]:
    """Return the rows of one suite: failed tests with their reasons, flaky ones, those in quarantine, skips."""
    places = {id(test): shard.manifest.shard for shard in suite.shards for test in shard.record.tests}
    failed = suite.failed
    rows: list[Row] = []
    for test in failed[:SHOWN]:
        rows.append(Row("" if rows else "failed", f"{test.nodeid}  ({_place(suite, test, places[id(test)])})"))
        rows += [Row("", f"  {reason}")] if (reason := _reason(test)) else []
    if len(failed) > SHOWN:
        rows.append(Row("", f"... and {len(failed) - SHOWN} more"))
    if 0 < len(failed) <= AGAIN:
        words = " ".join(shlex.quote(test.nodeid) for test in failed)
        rows.append(Row("again", f"nox -s {suite.name.partition('-')[0]} -- {words}"))
    rows += listed("flaky", [_flaky(suite, test) for test in suite.flaky if test.nodeid not in suite.quarantined])
    rows += listed("quarantine", [_excused(suite, test) for test in suite.tests if test.nodeid in suite.quarantined])
    return rows + listed("skipped", _skips(suite))


def _place(suite: Suite, test: TestRecord, shard: int) -> str:
    return f"shard {shard} of {suite.expected}, {test.worker}" if suite.expected > 1 else test.worker


def _reason(test: TestRecord) -> str:
    """Return the first line of why a test failed."""
    report = next((each for each in test.reports if each.outcome == "failed"), None)
    text = (report.message if report and test.ended else test.text).strip()
    line = text.partition("\n")[0]
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 3]}..."


def _flaky(suite: Suite, test: TestRecord) -> str:
    """Return how often a test failed before it passed, and where."""
    earlier, reruns = len(suite.earlier.get(test.nodeid, ())), len(test.reruns)
    ways = [f"in {_times(earlier, 'older attempt')}"] if earlier else []
    ways += [f"in {_times(reruns, 'try', 'tries')} before"] if reruns else []
    return f"{test.nodeid}  {test.outcome}, and failed {' and '.join(ways)}"


def _times(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _excused(suite: Suite, test: TestRecord) -> str:
    entry = suite.quarantined[test.nodeid]
    what = "failed" if test.outcome in BAD_OUTCOMES else "flaky"
    return f"{test.nodeid}  {what}, excused until {entry.until}: {entry.reason}"


def _skips(suite: Suite) -> list[str]:
    """Return each reason of a skip with the number of its tests, most frequent first."""
    reasons = Counter(_skip_reason(test) for test in suite.tests if test.outcome == "skipped")
    return [f"{number:4}  {reason}" for reason, number in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))]


def _skip_reason(test: TestRecord) -> str:
    report = next((each for each in test.reports if each.outcome == "skipped"), None)
    return (report.message if report else test.text).strip().partition("\n")[0][:WIDEST] or "no reason"
