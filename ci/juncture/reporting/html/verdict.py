"""The top of the page: the verdict in one word, what it rests on, and the few figures of the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from juncture.reporting.effort import effort_of
from juncture.reporting.html.markup import Html, element, joined
from juncture.reporting.html.parts import duration
from juncture.reporting.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Code, Merged, Problem, Suite

__all__ = ["Check", "checks", "figures", "verdict_banner"]

SHARDS: frozenset[Code] = frozenset(
    {"shard-missing", "shard-doubled", "shard-foreign", "suite-foreign", "job-failed", "nothing-recorded"}
)
PLAN: frozenset[Code] = frozenset(
    {"plan-foreign", "plan-missing", "test-missing", "test-doubled", "test-unplanned", "module-skipped", "run-broken"}
)
UNKNOWN: frozenset[Code] = frozenset({"shard-missing", "nothing-recorded"})
"""With any of these nobody can say that all tests ran, whatever is known of the others."""

BUNDLES: frozenset[Code] = frozenset({"bundle-unsealed", "bundle-damaged", "commit-foreign"})
PROCESSES: frozenset[Code] = frozenset({"process-torn"})
COVERAGE: frozenset[Code] = frozenset({"coverage-missing", "coverage-damaged"})

WORDS = {
    "passed": "Everything that was planned ran, and nothing failed.",
    "failed": "Everything that was planned ran, and tests failed.",
    "incomplete": "This result proves nothing: something is missing or wrong, whatever the tests say.",
}
EXCUSED = "Everything that was planned ran, and nothing failed but what is in quarantine."
UNMET = "The tests passed, but what was demanded of the coverage is not reached."
ALLOWED = "Something is missing, and --allow-missing lets it pass: this proves nothing about the rest."


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the verdict rests on, and whether it holds."""

    name: str
    holds: bool
    text: str


def checks(merged: Merged) -> list[Check]:
    """Return what the verdict rests on, in the order in which it is proved."""
    suites, problems = merged.suites, merged.all_problems
    known = SHARDS | PLAN | BUNDLES | PROCESSES | COVERAGE
    others = [problem for problem in problems if problem.code not in known]
    found = [
        _check("Shards", _of(SHARDS, problems), _shards(suites)),
        _check("Tests", _of(PLAN, problems), _planned(suites)),
        _check("Bundles", _of(BUNDLES, problems), _bundles(merged)),
        _check("Processes", _of(PROCESSES, problems), _processes(suites)),
        *_coverage(merged),
        _outcomes(merged),
        *_gates(merged),
    ]
    if any(problem.code in UNKNOWN for problem in problems):
        found[1] = replace(found[1], holds=False)
    return [*found, _check("Others", others, "")] if others else found


def verdict_banner(merged: Merged) -> Html:
    """Return the verdict in one word, a sentence, and the list of what it rests on."""
    unmet = merged.verdict == "passed" and any(not gate.holds for gate in merged.gates)
    sentence = ALLOWED if merged.let_pass else WORDS[merged.verdict]
    if unmet:
        sentence = UNMET
    elif merged.verdict == "passed" and any(suite.quarantined for suite in merged.suites):
        sentence = EXCUSED
    rows = joined(
        element(
            "li",
            element("span", "✓" if check.holds else "✗", class_="mark", role="img", aria_label=_said(check)),
            element("strong", check.name),
            element("span", check.text),
            class_="holds" if check.holds else "broken",
        )
        for check in checks(merged)
    )
    return element(
        "section",
        element("h1", merged.verdict),
        element("p", sentence, class_="sentence"),
        element("ul", rows, class_="checks", aria_label="What the verdict rests on"),
        class_=f"verdict {'unmet' if unmet else merged.verdict}",
        aria_label="Verdict",
    )


def figures(merged: Merged) -> Html:
    """Return the figures of the whole: tests, time, work, coverage, integration points."""
    tests = sum(len(suite.tests) for suite in merged.suites)
    tests += sum(totals.tests for totals in merged.others.values())
    efforts = [effort for suite in merged.suites if (effort := effort_of(suite))]
    shown = [(str(tests), "test" if tests == 1 else "tests")]
    if efforts:
        paid = sum(effort.seconds * effort.workers for effort in efforts)
        busy = sum(effort.busy * effort.seconds * effort.workers for effort in efforts) / paid if paid else 0.0
        shown += [
            (duration(max(effort.seconds for effort in efforts)), "longest shard"),
            (f"{100 * busy:.0f} %", f"busy, {counted(sum(effort.workers for effort in efforts), 'worker')}"),
        ]
    if merged.coverage and merged.coverage.percent is not None:
        shown.append((f"{merged.coverage.percent:.1f} %", "coverage"))
    if merged.points:
        ran = sum(1 for point in merged.points if point.covered)
        shown.append((f"{ran} of {len(merged.points)}", "integration points run"))
    rows = (element("div", element("dt", label), element("dd", value)) for value, label in shown)
    return element("dl", *rows, class_="figures")


def _said(check: Check) -> str:
    return "holds" if check.holds else "does not hold"


def _of(codes: frozenset[Code], problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.code in codes]


def _check(name: str, problems: Sequence[Problem], text: str) -> Check:
    """Return a check that holds where there is no problem; else its codes are named."""
    if not problems:
        return Check(name, holds=True, text=text)
    codes = ", ".join(dict.fromkeys(problem.code for problem in problems))
    return Check(name, holds=False, text=f"{text}{' · ' if text else ''}{codes}")


def _shards(suites: Sequence[Suite]) -> str:
    rows = []
    for suite in suites:
        there = {shard.manifest.shard for shard in suite.shards} & set(range(1, suite.expected + 1))
        name = f"{suite.name}: " if len(suites) > 1 else ""
        rows.append(f"{name}{len(there)} of {counted(suite.expected, 'expected shard')} reported")
        if suite.reruns:
            rows[-1] += f", and {counted(len(suite.reruns), 'shard')} of a re-run"
    return "; ".join(rows)


def _planned(suites: Sequence[Suite]) -> str:
    planned = ran = 0
    for suite in suites:
        plan = next((shard.plan for shard in suite.shards if shard.plan), None)
        named = set(plan.groups) if plan else {nodeid for record in suite.records for nodeid in record.planned}
        planned += len(named)
        ran += len(named & {test.nodeid for test in suite.tests})
    return f"{ran} of {counted(planned, 'planned test')} ran"


def _bundles(merged: Merged) -> str:
    shards = [shard for suite in merged.suites for shard in suite.bundles]
    sealed = sum(1 for shard in shards if not shard.unsealed and not shard.damage)
    commits = {shard.manifest.commit for shard in shards if shard.manifest.commit}
    commit = f", of commit {next(iter(commits))[:12]}" if len(commits) == 1 else ""
    return f"{sealed} of {len(shards)} sealed and unchanged{commit}"


def _processes(suites: Sequence[Suite]) -> str:
    workers = [worker for suite in suites for record in suite.records for worker in record.workers]
    ended = sum(1 for worker in workers if worker.closed)
    return f"{ended} of {counted(len(workers), 'worker')} came to an orderly end"


def _coverage(merged: Merged) -> list[Check]:
    """Return whether all was measured; nothing where nothing was to be."""
    problems = _of(COVERAGE, merged.all_problems)
    files = counted(merged.coverage.files, "data file") if merged.coverage else "no data file"
    return [_check("Coverage", problems, f"{files} combined")] if merged.coverage or problems else []


def _outcomes(merged: Merged) -> Check:
    failed = sum(len(suite.failed) for suite in merged.suites)
    failed += sum(totals.failures + totals.errors for totals in merged.others.values())
    excused = sum(len(suite.quarantined) for suite in merged.suites)
    more = f", {excused} excused by quarantine" if excused else ""
    words = f"{counted(failed, 'test')} failed" if failed else "no test failed"
    return Check("Outcomes", holds=not failed, text=f"{words}{more}")


def _gates(merged: Merged) -> list[Check]:
    """Return whether all gates hold; nothing where none was declared."""
    held = sum(1 for gate in merged.gates if gate.holds)
    text = f"{held} of {counted(len(merged.gates), 'gate')} hold{'s' if len(merged.gates) == 1 else ''}"
    return [Check("Gates", holds=held == len(merged.gates), text=text)] if merged.gates else []
