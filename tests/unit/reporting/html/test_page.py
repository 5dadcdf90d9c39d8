"""Tests of ``juncture.reporting.html.page``: what is on it, for whom, and how large it gets."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bundled import arrived, ran, recorded, suite_of
from pages import page_of, text_of

from juncture.config import Quarantine
from juncture.merging.coverage import Measured
from juncture.merging.foreign import ForeignTotals
from juncture.merging.gates import Verdict
from juncture.merging.points import PointCoverage
from juncture.merging.values import Merged, Problem, Suite
from juncture.recording.outcomes import FixtureRecord, PlannedRecord, Report, RunRecord, TestRecord, WorkerRecord
from juncture.reporting.html.page import report_page

if TYPE_CHECKING:
    from pages import Node

BEGAN = 1_700_000_000.0
HOSTILE = "</script><img src=x onerror=alert(1)>&amp;\x1b[31m\x00\u202e\u05e9\u05dc\u05d5\u05dd👩‍🚀\ud800]]>-->"


def merged(*records: RunRecord, problems: tuple[Problem, ...] = (), **more: Any) -> Merged:
    """Return the result of one suite; ``more`` are the fields of the suite and of the whole."""
    own = {name: more.pop(name) for name in ("earlier", "quarantined", "expected") if name in more}
    suite = suite_of(*records, problems=problems, **own)
    return Merged(suites=(suite,), problems=(), **{"coverage": None, "points": (), **more})


def shown(result: Merged) -> dict[str, str]:
    """Return the text of each section of a result's page by the section's id; ``""`` is the whole page."""
    page = page_of(report_page(result))
    sections = {section.get("id", "verdict"): text_of(section) for section in page.iter("section")}
    return {**sections, "": text_of(page)}


def large(number: int, *, failing: bool) -> Merged:
    """Return a result of so many tests on 4 shards of 16 workers each, all of them in files of 50."""
    shards, workers = 4, 16
    report = Report(phase="call", outcome="failed", message="assert " * 20, text="E   <x>\n" * 2_000)
    records = []
    for shard in range(1, shards + 1):
        tests = []
        for at in range(number // shards):
            worker, turn = at % workers, at // workers
            file = f"tests/integration/area_{at // 500}/test_module_{at // 50}.py"
            name = f"{file}::TestThing::test_{shard}_{at}[{'p' * 60}]"
            tests.append(
                ran(
                    name,
                    "failed" if failing else "passed",
                    worker=f"gw{worker}",
                    began=BEGAN + 5 + turn * 0.02,
                    seconds={"setup": 0.002, "call": 0.01, "teardown": 0.001},
                    reports=(report,) if failing else (),
                )
            )
        lanes = tuple(
            WorkerRecord(name=f"gw{at}", pid=at, closed=True, wall=10 + number / 3_000, began=BEGAN)
            for at in range(workers)
        )
        records.append(
            RunRecord(
                tests=tuple(tests), workers=lanes, missing=(), torn=(), notes=(), began=BEGAN, shard=shard, total=4
            )
        )
    return merged(*records)


def test_a_good_run_says_what_it_rests_on() -> None:
    """One word, what was proved with its figures, and each section that has something to tell; no other."""
    tests = (ran("t.py::test_a", began=BEGAN + 1), ran("t.py::test_b", "skipped", began=BEGAN + 2))
    planned = {test.nodeid: PlannedRecord(group="t.py", fixtures=()) for test in tests}
    record = recorded(*tests, planned=planned, notes=("services   db  postgres 18.6",), began=BEGAN)
    record = replace(record, workers=(replace(record.workers[0], began=BEGAN, wall=4.0),))
    point = PointCoverage(name="orders-db", service="db", lines={"shop/a.py": (2, 3)}, run={"shop/a.py": (2,)})
    result = merged(record, coverage=Measured(91.44, 3, Path("coverage.data")), points=(point,))
    sections = shown(result)
    assert list(sections) == ["verdict", "suites", "timeline", "skipped", "costs", "points", "shards", ""]
    assert sections["verdict"].startswith("passed Everything that was planned ran, and nothing failed.")
    for words in (
        "✓ Shards 1 of 1 expected shard reported",
        "✓ Tests 2 of 2 planned tests ran",
        "✓ Bundles 1 of 1 sealed and unchanged",
        "✓ Processes 1 of 1 worker came to an orderly end",
        "✓ Coverage 3 data files combined",
        "✓ Outcomes no test failed",
    ):
        assert words in sections["verdict"]
    assert "Covered: 91.4 %, by 3 data files." in sections["points"]
    assert "orders-db db 1 2 shop/a.py" in sections["points"]
    assert "services db postgres 18.6" in sections["shards"]
    assert "The last to end was gw0" in sections["timeline"]
    assert "1 test skipped" in sections["skipped"]


def test_a_gate_that_fails_is_never_a_plain_green() -> None:
    """The word is that of the tests; its colour, its sentence and the checks tell of the gate, and where to look."""
    gates = (
        Verdict(name="coverage", required=90.0, actual=91.4, holds=True),
        Verdict(name="points.orders-db", required=80.0, actual=50.0, holds=False, reason="too few", look=("a.py:3-4",)),
    )
    result = merged(recorded(ran("t.py::test_a")), gates=gates)
    sections = shown(result)
    assert sections["verdict"].startswith(
        "passed The tests passed, but what was demanded of the coverage is not reached."
    )
    assert "✗ Gates 1 of 2 gates hold" in sections["verdict"]
    assert "fails orders-db 50.0 % of 80 % too few a.py:3-4 holds total 91.4 % of 90 %" in sections["gates"]
    assert 'class="verdict unmet"' in report_page(result)


def test_suites_of_other_tools_count_too() -> None:
    """Their failures are failures, with the names that are known, and they have a row of their own."""
    jest = ForeignTotals(
        files=2,
        tests=9,
        failures=1,
        errors=1,
        skipped=2,
        flaky=0,
        seconds=3.5,
        failed_names=("cart adds",),
        problems=(),
    )
    sections = shown(merged(recorded(ran("t.py::test_a")), others={"jest": jest}))
    assert sections["verdict"].startswith("failed ")
    assert "✗ Outcomes 2 tests failed" in sections["verdict"]
    assert "jest: 2 tests failed the first of them cart adds" in sections["failed"]
    assert "jest 9 5 1 1 2 3.50 s 2 JUnit files of another tool" in sections["suites"]


def test_what_coverage_could_not_use_is_told() -> None:
    """With each data file that was refused, and where nothing could be measured at all."""
    refused = Measured(None, 2, Path("coverage.data"), refused=("data.7 is damaged",), notes=("a.py was moved",))
    sections = shown(merged(recorded(ran("t.py::test_a")), coverage=refused))
    assert "Covered: nothing was measured, by 2 data files. data.7 is damaged a.py was moved" in sections["points"]


def test_a_missing_shard_is_the_first_thing_to_be_seen() -> None:
    """The word, the two proofs that do not hold, the problem with its code and its tests, the shard in its table."""
    problem = Problem(
        code="shard-missing", text="shard 2 of 2 never reported: 1 tests did not run", tests=("t.py::test_b",)
    )
    sections = shown(merged(recorded(ran("t.py::test_a"), total=2), problems=(problem,), expected=2))
    assert sections["verdict"].startswith("incomplete This result proves nothing")
    assert "✗ Shards 1 of 2 expected shards reported · shard-missing" in sections["verdict"]
    assert "✗ Tests" in sections["verdict"]
    assert "shard-missing shard 2 of 2 never reported: 1 tests did not run 1 test t.py:: test_b" in sections["problems"]
    assert "2 of 2 never reported" in sections["shards"]


def test_what_is_let_pass_proves_nothing() -> None:
    """With ``--allow-missing`` the word stays, and the sentence tells of it."""
    problem = Problem(code="shard-missing", text="shard 2 of 2 never reported")
    result = merged(recorded(ran("t.py::test_a"), total=2), problems=(problem,), expected=2, allow_missing=True)
    assert shown(result)["verdict"].startswith("incomplete Something is missing, and --allow-missing lets it pass")


def test_a_failed_test_is_told_whole() -> None:
    """Name, reason, place, the line to run it again, its text and its output; a test in flight tells how it ended."""
    report = Report(
        phase="call", outcome="failed", message="assert 1 == 2\nmore", text="E  assert 1 == 2", out="printed"
    )
    failed = ran("t.py::test_a[x y]", "failed", reports=(report,))
    flight = ran("t.py::test_b", "error", ended=False, text="gw0 ended while this test ran", reports=())
    result = merged(recorded(failed, flight, total=2), recorded(shard=2, total=2), expected=2)
    sections = shown(result)
    told = sections["failed"]
    assert sections["verdict"].startswith("failed ")
    assert "✗ Outcomes 2 tests failed" in sections["verdict"]
    assert "t.py:: test_a[x y] assert 1 == 2 failed · shard 1 of 2, gw0 · 1.00 s" in told
    assert "Run it again: nox -s integration -- 't.py::test_a[x y]'" in told
    assert "call E assert 1 == 2 call: Standard output printed" in told
    assert "In flight gw0 ended while this test ran" in told


def test_unsteady_tests_have_their_failures() -> None:
    """Flaky ones with every earlier failure, those in quarantine with until when and why, both with the texts."""
    failure = Report(phase="call", outcome="failed", message="m", text="the relay sent twice")
    tests = (ran("t.py::test_a", reruns=(failure,)), ran("t.py::test_b", "failed"))
    excused = {"t.py::test_b": Quarantine(test="t.py::*", until=date(2026, 12, 31), reason="known")}
    sections = shown(merged(recorded(*tests), earlier={"t.py::test_a": (failure,)}, quarantined=excused))
    assert "and failed in 1 older attempt and in 1 try before" in sections["flaky"]
    assert "older attempt, call the relay sent twice try 1, call the relay sent twice" in sections["flaky"]
    assert "failed, excused until 2026-12-31: known call t" in sections["quarantine"]
    assert "nothing failed but what is in quarantine" in sections["verdict"]


def test_costs_are_told_once() -> None:
    """A shared fixture is in its own table and not in the test that needed it first; what is cheap is left out."""
    fixture = FixtureRecord(
        name="app",
        scope="session",
        base="tests",
        phase="setup",
        seconds=3.0,
        worker="gw0",
        test="t.py::a",
        during="setup",
    )
    record = recorded(
        ran("t.py::a", seconds={"setup": 3.5}), fixtures=(fixture, replace(fixture, name="x", seconds=0.001))
    )
    page = page_of(report_page(merged(record), ["it took 3.5 s, 1.5 s more than the budget of 2 s", "and more"]))
    costs = text_of(next(node for node in page.iter("section") if node.get("id") == "costs"))
    assert "it took 3.5 s, 1.5 s more than the budget of 2 s" in costs
    assert "0.50 s t.py:: a" in costs
    assert "3.00 s app session 1 tests" in costs
    assert " x " not in costs


def hostile() -> Merged:
    """Return a result in which every text is out to break the page."""
    text = HOSTILE * 3
    report = Report(phase="call", outcome="failed", message=text, text=text, out=text, subtest=text)
    test = ran(f"t.py::{text}", "failed", worker=text, reports=(report,), began=BEGAN, text=text)
    skip = ran(f"u.py::{text}", "skipped", reports=(Report(phase="setup", outcome="skipped", message=text),))
    flaky = ran(f"{text}.py::{'x' * 5_000}", reruns=(report,))
    fixture = FixtureRecord(name=text, scope=text, base=text, phase="setup", seconds=1.0, worker=text, ended=BEGAN + 1)
    worker = WorkerRecord(name=text, pid=1, closed=True, wall=2.0, began=BEGAN)
    planned = {test.nodeid: PlannedRecord(group=text, fixtures=())}
    record = replace(recorded(test, skip, flaky, began=BEGAN), workers=(worker,), fixtures=(fixture,), planned=planned)
    bundle = arrived(replace(record, notes=(text,)), commit=text, python=text, juncture=text)
    tests = tuple(sorted(record.tests, key=lambda test: test.nodeid))
    problem = Problem(code="run-broken", text=text, tests=(text,))
    suite = Suite(name=text, expected=1, shards=(bundle,), problems=(problem,), tests=tests)
    point = PointCoverage(name=text, service=text, lines={text: (1,)}, run={text: ()})
    return Merged(suites=(suite,), problems=(), coverage=None, points=(point,), notes=(text,))


def test_no_text_breaks_the_page() -> None:
    """Whatever names and texts hold, the page is well-formed, has one script and nothing that loads or runs."""
    document = report_page(hostile(), [HOSTILE])
    document.encode("utf-8")
    page = page_of(document)
    tags = {str(node.tag) for node in page.iter()}
    assert not tags & {"img", "iframe", "link", "object", "image", "use", "base"}
    assert sum(1 for node in page.iter("script")) == 1
    attributes = [(name, value) for node in page.iter() for name, value in node.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in {"src", "style", "srcset"}]
    assert {value[0] for name, value in attributes if name == "href"} == {"#"}
    assert "<img src=x onerror=alert(1)>" in text_of(page)
    for unseen in "\x00\x1b\u202e\ud800":
        assert unseen not in document


def test_only_its_own_style_and_script_count() -> None:
    """The policy names their hashes and lets nothing else in, and no rule of the style fetches anything."""
    page = page_of(report_page(hostile()))
    policy = next(node for node in page.iter("meta") if node.get("http-equiv")).get("content", "")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        text = next(page.iter(tag)).text or ""
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
        assert "http" not in text
        assert "@import" not in text


def test_equal_results_give_equal_bytes() -> None:
    """Nothing of the time, the machine or the process gets into the page."""
    assert report_page(hostile()) == report_page(hostile())


def test_everything_on_the_page_can_be_reached() -> None:
    """A language, one heading of the first level, one main part, ids that are there once, headings for sections."""
    page = page_of(report_page(hostile()))
    assert page.get("lang") == "en"
    assert [sum(1 for _ in page.iter(tag)) for tag in ("h1", "main", "header", "footer", "nav")] == [1] * 5
    ids = [node.get("id", "") for node in page.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    named = [node.get("aria-labelledby", "") for node in page.iter() if node.get("aria-labelledby")]
    links = [node.get("href", "")[1:] for node in page.iter("a")]
    assert {*named, *links} <= set(ids)
    assert all(caption_of(node) for node in page.iter("table"))
    assert all(node.get("aria-hidden") == "true" for node in page.iter("svg"))


def caption_of(table: Node) -> str:
    """Return what a table says it shows."""
    caption = table.find("caption")
    return text_of(caption) if caption is not None else ""


@pytest.mark.parametrize("failing", [False, True], ids=["passed", "failed"])
def test_a_hundred_thousand_tests_fit_a_page(failing: bool) -> None:  # noqa: FBT001 - a parameter
    """A few MB, whatever became of them, and what is not shown is counted."""
    result = large(100_000, failing=failing)
    document = report_page(result)
    assert len(document.encode()) < 4_000_000
    assert ("… and 99800 more, in the files beside this one" in document) == failing


def test_a_run_without_any_test_has_a_page() -> None:
    """Nothing recorded at all is told as it is."""
    problem = Problem(code="nothing-recorded", text="no bundle arrived")
    empty = Suite(name="integration", expected=2, shards=(), problems=(problem,))
    sections = shown(Merged(suites=(empty,), problems=(), coverage=None, points=()))
    assert "0 of 2 expected shards reported" in sections["verdict"]
    assert "0 of 0 planned tests ran" in sections["verdict"]
    assert "timeline" not in sections


def test_a_test_may_have_run_twice() -> None:
    """Two records of one test are two failures, each with its own place."""
    once: TestRecord = ran("t.py::test", "failed")
    records = (recorded(once, total=2), recorded(replace(once, worker="gw7"), shard=2, total=2))
    told = shown(merged(*records))["failed"]
    assert "shard 1 of 2, gw0" in told
    assert "shard 2 of 2, gw7" in told
