"""The tests that neither passed nor failed for good: flaky ones, those in quarantine, skipped and expected failures."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from juncture.reporting.html.failed import MOST, folded_reports
from juncture.reporting.html.markup import Html, element, joined
from juncture.reporting.html.parts import and_more, section, test_name, tests_list
from juncture.reporting.wording import counted, excused, flaky, skip_reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Suite
    from juncture.recording.outcomes import Report, TestRecord

__all__ = ["flaky_section", "quarantine_section", "reasons_section"]

ALL_TEXTS = 400_000
"""Characters of the texts of one list."""

MOST_REASONS = 50
GIVEN = {"skipped": "skipped", "xfailed": "failed as expected", "xpassed": "passed though it was to fail"}


def flaky_section(suites: Sequence[Suite]) -> Html:
    """Return the tests that ended well after they had failed, with those failures; nothing where there is none."""
    found = [(suite, test) for suite in suites for test in suite.flaky if test.nodeid not in suite.quarantined]
    cards = (_card(suite, test, flaky(suite, test), len(found)) for suite, test in found[:MOST])
    return section("flaky", "Flaky tests", *cards, and_more(found, MOST), count=len(found))


def quarantine_section(suites: Sequence[Suite]) -> Html:
    """Return the failed and flaky tests that the declaration excuses, with until when and why."""
    found = [(suite, test) for suite in suites for test in suite.tests if test.nodeid in suite.quarantined]
    cards = (_card(suite, test, excused(suite, test), len(found)) for suite, test in found[:MOST])
    return section("quarantine", "In quarantine", *cards, and_more(found, MOST), count=len(found))


def reasons_section(suites: Sequence[Suite]) -> Html:
    """Return each reason of a skip or an expected failure with its tests, most frequent first."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for suite in suites:
        for test in suite.tests:
            if test.outcome in GIVEN:
                reasons[GIVEN[test.outcome], skip_reason(test)].append(test.nodeid)
    ordered = sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    cards = [
        element(
            "article", element("p", reason), tests_list(f"{counted(len(tests), 'test')} {what}", tests), class_="card"
        )
        for (what, reason), tests in ordered[:MOST_REASONS]
    ]
    count = sum(map(len, reasons.values()))
    return section("skipped", "Skipped and expected failures", *cards, and_more(ordered, MOST_REASONS), count=count)


def _card(suite: Suite, test: TestRecord, words: str, number: int) -> Html:
    summary = element("summary", test_name(test.nodeid), element("span", words, class_="reason"))
    texts = folded_reports(_failures(suite, test), ALL_TEXTS // max(1, min(number, MOST)))
    return element("details", summary, joined([texts]), class_="card warn")


def _failures(suite: Suite, test: TestRecord) -> list[tuple[str, Report]]:
    """Return the failures of a test, oldest first, with their titles."""
    earlier = [(f"older attempt, {report.phase}", report) for report in suite.earlier.get(test.nodeid, ())]
    reruns = [(f"try {at}, {report.phase}", report) for at, report in enumerate(test.reruns, 1)]
    last = [(report.phase, report) for report in test.reports if report.outcome == "failed"]
    return [*earlier, *reruns, *last]
