"""The suites with their counts, and what ran each shard."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from juncture.reporting.effort import effort_of
from juncture.reporting.html.markup import NOTHING, Html, element
from juncture.reporting.html.parts import Column, duration, seconds, section, table
from juncture.reporting.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.foreign import ForeignTotals
    from juncture.merging.values import Arrived, Merged, Suite
    from juncture.model import Outcome

__all__ = ["begun", "shards_section", "suites_section"]

WORDS: tuple[Outcome, ...] = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
ALWAYS = ("passed", "failed")
"""Outcomes that have a column also where no test came to them."""

SHORT = 12
"""Characters of a digest or a commit that are shown."""


def suites_section(merged: Merged) -> Html:
    """Return each suite's number of tests by outcome, and what it cost."""
    others = {name: _other_counts(totals) for name, totals in merged.others.items()}
    there = {word for counts in [*(suite.counts for suite in merged.suites), *others.values()] for word in counts}
    words = [word for word in WORDS if word in there or word in ALWAYS]
    columns = [
        Column("suite", wide=True),
        *(Column(word, number=True) for word in ("tests", *words, "time")),
        Column("work"),
    ]
    rows = [_suite(suite, words) for suite in merged.suites]
    rows += [_other(name, merged.others[name], counts, words) for name, counts in others.items()]
    return section("suites", "Suites", table("Tests by outcome", columns, rows))


def shards_section(merged: Merged) -> Html:
    """Return what ran each shard: attempt, commit, plan and versions, and which services it had."""
    names = (
        "suite",
        "shard",
        "attempt",
        "began",
        "tests",
        "time",
        "commit",
        "plan",
        "Python",
        "pytest",
        "juncture",
        "platform",
    )
    numbers = {"attempt", "tests", "time"}
    columns = [Column(name, number=name in numbers, wide=name == "platform") for name in names]
    rows = [row for suite in merged.suites for row in _shards(suite)]
    notes = dict.fromkeys(note for suite in merged.suites for record in suite.records for note in record.notes)
    services = element(
        "details",
        element("summary", "Services, as the shards had them"),
        element("pre", "\n".join(notes), tabindex="0"),
    )
    return section("shards", "Shards", table("What ran each shard", columns, rows), services if notes else NOTHING)


def begun(moment: float) -> str:
    """Return a time of a record, in UTC; empty where it has none."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def _suite(suite: Suite, words: Sequence[Outcome]) -> list[str]:
    effort = effort_of(suite)
    work = f"{counted(effort.workers, 'worker')}, {100 * effort.busy:.0f} % busy" if effort else ""
    shards = f"{len(suite.shards)} of {counted(suite.expected, 'shard')}"
    return [
        element("strong", suite.name),
        str(len(suite.tests)),
        *(str(suite.counts[word]) for word in words),
        duration(effort.seconds) if effort else "",
        f"{shards}, {work}" if work else shards,
    ]


def _other_counts(totals: ForeignTotals) -> Counter[str]:
    """Return how many tests of another tool came to each outcome, those that none came to left out."""
    passed = totals.tests - totals.failures - totals.errors - totals.skipped
    known = {"passed": passed, "failed": totals.failures, "error": totals.errors, "skipped": totals.skipped}
    return Counter({word: number for word, number in known.items() if number})


def _other(name: str, totals: ForeignTotals, counts: Counter[str], words: Sequence[Outcome]) -> list[str]:
    numbers = (str(counts[word]) for word in words)
    flaky = f", {totals.flaky} flaky" if totals.flaky else ""
    work = f"{counted(totals.files, 'JUnit file')} of another tool{flaky}"
    return [element("strong", name), str(totals.tests), *numbers, duration(totals.seconds), work]


def _numbers(suite: Suite) -> list[int]:
    return sorted({*range(1, suite.expected + 1), *(shard.manifest.shard for shard in suite.shards)})


def _shards(suite: Suite) -> list[list[str]]:
    reruns = [
        [suite.name, f"re-run {bundle.manifest.shard} of {bundle.manifest.total}", *_facts(bundle)]
        for bundle in suite.reruns
    ]
    return [*(_shard(suite, number) for number in _numbers(suite)), *reruns]


def _shard(suite: Suite, number: int) -> list[str]:
    shard = next((each for each in suite.shards if each.manifest.shard == number), None)
    of = f"{number} of {suite.expected}"
    if shard is None:
        return [suite.name, of, "", element("strong", "never reported", class_="bad"), *[""] * 8]
    return [suite.name, of, *_facts(shard)]


def _facts(shard: Arrived) -> list[str]:
    manifest = shard.manifest
    return [
        str(manifest.attempt),
        begun(shard.record.began),
        str(len(shard.record.tests)),
        seconds(max((worker.wall for worker in shard.record.workers), default=0.0)),
        element("code", manifest.commit[:SHORT]) if manifest.commit else "",
        element("code", manifest.plan[:SHORT]) if manifest.plan else "",
        manifest.python,
        manifest.pytest,
        manifest.juncture,
        manifest.platform,
    ]
