"""The tests that failed: reason, place, the line to run it again, and the whole text, folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.reporting.html.markup import NOTHING, Html, clipped, element, joined
from juncture.reporting.html.parts import and_more, seconds, section, test_name, tests_list
from juncture.reporting.wording import again, counted, places, reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from juncture.merging.foreign import ForeignTotals
    from juncture.merging.values import Merged, Suite
    from juncture.recording.outcomes import Report, TestRecord

__all__ = ["MOST", "failed_section", "folded_reports"]

MOST = 200
"""Tests of one list; all of them are in junit.xml."""

ALL_TEXTS = 1_200_000
"""Characters of all texts of one list, divided among its tests: 200 failures keep 6,000 each."""

ONE_TEXT = 20_000
"""Characters of one text, as many as a journal keeps."""

UNFOLDED = 3
"""Of so few failures the texts are shown at once."""

LONGEST_COMMAND = 2_000

STREAMS = (("log", "Log"), ("out", "Standard output"), ("err", "Standard error"))


def failed_section(merged: Merged) -> Html:
    """Return the failed tests that nothing excuses, those of each suite by node id; nothing where there is none.

    Of the tests of other tools the names are known.
    """
    suites = merged.suites
    failed = [(suite, test) for suite in suites for test in suite.failed]
    where = {key: words for suite in suites for key, words in places(suite).items()}
    room = ALL_TEXTS // max(1, min(len(failed), MOST))
    cards = [
        _card(suite, test, where.get(id(test), test.worker), room=room, unfolded=len(failed) <= UNFOLDED)
        for suite, test in failed[:MOST]
    ]
    cards += [_other(name, totals) for name, totals in merged.others.items() if totals.failed]
    count = len(failed) + sum(totals.failures + totals.errors for totals in merged.others.values())
    return section("failed", "Failed tests", *cards, and_more(failed, MOST), count=count)


def folded_reports(reports: Iterable[tuple[str, Report]], room: int) -> Html:
    """Return the texts of reports under their titles; together they have about ``room`` characters at most."""
    texts = [
        (title if name == "text" else f"{title}: {label}", text)
        for title, report in reports
        for name, label in (("text", ""), *STREAMS)
        if (text := getattr(report, name) or (report.message if name == "text" else ""))
    ]
    limit = min(ONE_TEXT, room // max(1, len(texts)))
    return joined(_text(title, clipped(text.strip("\n"), limit)) for title, text in texts)


def _card(suite: Suite, test: TestRecord, place: str, *, room: int, unfolded: bool) -> Html:
    command = again(suite, [test])
    reports = [(_title(report), report) for report in test.reports if report.outcome == "failed"]
    facts = " · ".join(
        [test.outcome, *([suite.name] if not place.startswith("shard") else []), place, seconds(_took(test))]
    )
    return element(
        "details",
        element(
            "summary",
            test_name(test.nodeid),
            element("span", reason(test), class_="reason"),
            element("span", facts, class_="facts"),
        ),
        element("p", "Run it again: ", element("code", command, class_="command"))
        if len(command) <= LONGEST_COMMAND
        else NOTHING,
        NOTHING if test.ended else _text("In flight", clipped(test.text, ONE_TEXT)),
        folded_reports(reports, room),
        class_="card bad",
        open=unfolded,
    )


def _other(name: str, totals: ForeignTotals) -> Html:
    words = f"{name}: {counted(totals.failures + totals.errors, 'test')} failed"
    return element(
        "article", element("p", words), tests_list("the first of them", totals.failed_names), class_="card bad"
    )


def _title(report: Report) -> str:
    return f"{report.phase}, subtest {report.subtest}" if report.subtest is not None else report.phase


def _text(title: str, text: str) -> Html:
    return element("div", element("h3", title), element("pre", text, tabindex="0"), class_="text")


def _took(test: TestRecord) -> float:
    return sum(test.seconds.values())
