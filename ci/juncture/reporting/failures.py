"""What the summary says of the tests that did not simply pass: failed, flaky, excused, skipped."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from juncture.reporting.rows import SHOWN, Row, listed
from juncture.reporting.wording import again, excused, flaky, places, reason, skip_reason

if TYPE_CHECKING:
    from juncture.merging.values import Suite

__all__ = ["failure_rows"]

AGAIN = 3
"""Failed tests that the line to run them again names; of more the whole suite is as quick to run."""


def failure_rows(suite: Suite) -> list[Row]:
    """Return the rows of one suite: failed tests with their reasons, flaky ones, those in quarantine, skips."""
    where = places(suite)
    failed = suite.failed
    rows: list[Row] = []
    for test in failed[:SHOWN]:
        rows.append(Row("" if rows else "failed", f"{test.nodeid}  ({where[id(test)]})"))
        rows += [Row("", f"  {line}")] if (line := reason(test)) else []
    if len(failed) > SHOWN:
        rows.append(Row("", f"... and {len(failed) - SHOWN} more"))
    if 0 < len(failed) <= AGAIN:
        rows.append(Row("again", again(suite, failed)))
    unsteady = [test for test in suite.flaky if test.nodeid not in suite.quarantined]
    rows += listed("flaky", [f"{test.nodeid}  {flaky(suite, test)}" for test in unsteady])
    in_quarantine = [test for test in suite.tests if test.nodeid in suite.quarantined]
    rows += listed("quarantine", [f"{test.nodeid}  {excused(suite, test)}" for test in in_quarantine])
    return rows + listed("skipped", _skips(suite))


def _skips(suite: Suite) -> list[str]:
    """Return each reason of a skip with the number of its tests, most frequent first."""
    reasons = Counter(skip_reason(test) for test in suite.tests if test.outcome == "skipped")
    return [f"{number:4}  {reason}" for reason, number in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))]
