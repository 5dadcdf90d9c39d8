"""The recorder in real pytest processes: what a journal says, also of a run that was killed."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from recorded import Recorded, words

from juncture.sharding import group_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_events_are_in_the_order_in_which_things_happen(record: Callable[..., Recorded]) -> None:
    """From the first moment of the process to its last, each phase as it ends."""
    run = record("def test_a(): pass\ndef test_b(): assert 0")
    (events,) = run.journals.values()
    told = [words(event, "event", "test", "phase", "outcome") for event in events]
    assert told[0][0] == "opened"
    assert told[-1] == ("closed", None, None, None)
    assert [each for each in told if each[1]] == [
        ("started", "test_it.py::test_a", None, None),
        ("phase", "test_it.py::test_a", "setup", "passed"),
        ("phase", "test_it.py::test_a", "call", "passed"),
        ("phase", "test_it.py::test_a", "teardown", "passed"),
        ("started", "test_it.py::test_b", None, None),
        ("phase", "test_it.py::test_b", "setup", "passed"),
        ("phase", "test_it.py::test_b", "call", "failed"),
        ("phase", "test_it.py::test_b", "teardown", "passed"),
    ]
    assert words(events[-1], "exit", "coverage", "warnings") == (1, False, 0)


def test_each_worker_has_a_journal_and_the_controller_one_without_tests(record: Callable[..., Recorded]) -> None:
    """Every test is in exactly one of them."""
    run = record("import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n): pass", "-n", "2")
    assert set(run.journals) == {"journal-controller.jsonl", "journal-gw0.jsonl", "journal-gw1.jsonl"}
    assert {event["event"] for event in run.journals["journal-controller.jsonl"]} <= {"opened", "note", "closed"}
    started = Counter(event["test"] for event in run.events("started"))
    assert sorted(started.items()) == [(f"test_it.py::test_it[{number}]", 1) for number in range(6)]
    assert run.record.torn == run.record.missing == ()


GROUPS = """
import pytest, unittest
@pytest.fixture(scope="session")
def server(): pass
@pytest.fixture(scope="module")
def database(server): pass
@pytest.fixture
def cursor(database): pass
def test_alone(): pass
def test_deep(cursor, tmp_path): pass
@pytest.mark.xdist_group("together")
def test_marked(): pass
@pytest.mark.xdist_group(name="other")
@pytest.mark.xdist_group("together")
def test_marked_twice(): pass
class TestA:
    @pytest.mark.parametrize("x", ["p::q", "[", "a/b.py"])
    def test_in_class(self, x): pass
    class TestB:
        def test_nested(self, server): pass
class TestC(unittest.TestCase):
    @classmethod
    def setUpClass(cls): pass
    def test_unit(self): pass
"""


def test_what_is_collected_has_its_group_and_shared_fixtures(record: Callable[..., Recorded]) -> None:
    """The mark's name, else class or module, as the planner finds from the node id alone."""
    run = record(GROUPS)
    (event,) = run.events("collected")
    found = {test["id"].removeprefix("test_it.py::"): (test["group"], test["fixtures"]) for test in event["tests"]}
    assert found["test_alone"] == ("test_it.py", [])
    assert found["test_deep"] == ("test_it.py", ["database", "server", "tmp_path_factory"])
    assert found["test_marked"][0] == "together"
    assert found["test_marked_twice"][0] == "other_together"
    assert found["TestA::TestB::test_nested"] == ("test_it.py::TestA::TestB", ["server"])
    unit = found["TestC::test_unit"]
    assert (unit[0], len(unit[1])) == ("test_it.py::TestC", 1)
    unmarked = [test for test in event["tests"] if "marked" not in test["id"]]
    assert [test["group"] for test in unmarked] == [group_of(test["id"]) for test in unmarked]


def test_group_that_xdist_appends_is_left_out(record: Callable[..., Recorded]) -> None:
    """With ``--dist loadgroup`` a node id in a worker of pytest 8 ends in its group; the journal has the plan's."""
    run = record(
        "import pytest\n@pytest.mark.xdist_group('g')\ndef test_a(record_xml_attribute):\n"
        "    record_xml_attribute('name', 'x')",
        *("-n", "1", "--dist", "loadgroup"),
    )
    assert {event["test"] for name in ("started", "attribute", "phase") for event in run.events(name)} == {
        "test_it.py::test_a"
    }
    assert list(run.record.planned) == ["test_it.py::test_a"]


def test_what_is_deselected_is_not_planned(record: Callable[..., Recorded]) -> None:
    """Only what shall run can be missing."""
    run = record("def test_a(): pass\ndef test_b(): pass", "-k", "test_a")
    assert list(run.record.planned) == ["test_it.py::test_a"]


COSTS = """
import pytest, time
@pytest.fixture(scope="session")
def outer():
    time.sleep(0.02)
    yield
    time.sleep(0.04)
@pytest.fixture(scope="module", params=["x", "y"])
def inner(outer, request):
    time.sleep(0.03)
    request.getfixturevalue("late")
    yield
    time.sleep(0.01)
@pytest.fixture(scope="module")
def late():
    time.sleep(0.05)
@pytest.fixture
def small(): pass
def test_a(inner, small): pass
def test_b(inner): pass
"""


def test_fixture_costs_are_each_fixtures_own(record: Callable[..., Recorded]) -> None:
    """Setup and teardown once per instance, without what the fixture asks for, and with the test that paid."""
    run = record(COSTS)
    least = {
        ("outer", "setup"): 0.02,
        ("outer", "teardown"): 0.04,
        ("inner", "setup"): 0.03,
        ("inner", "teardown"): 0.01,
        ("late", "setup"): 0.05,
        ("late", "teardown"): 0.0,
    }
    events = [event for event in run.events("fixture") if event["base"]]
    for event in events:
        expected = least[event["name"], event["phase"]]
        assert expected <= event["seconds"] < expected + 0.02, event
    assert Counter(event["name"] for event in events) == {"outer": 2, "inner": 4, "late": 2}
    assert {words(event, "name", "scope", "base") for event in events} == {
        ("outer", "session", "test_it.py"),
        ("inner", "module", "test_it.py"),
        ("late", "module", "test_it.py"),
    }
    told = [words(event, "name", "phase", "param", "test", "during") for event in events]
    assert ("outer", "setup", None, "test_it.py::test_a[x]", "setup") in told
    assert ("outer", "teardown", None, "test_it.py::test_b[y]", "teardown") in told
    assert [each[2] for each in told if each[:2] == ("inner", "setup")] == [0, 1]


def test_fixture_that_fails_says_so(record: Callable[..., Recorded]) -> None:
    """Its seconds were paid all the same."""
    run = record(
        "import pytest\n@pytest.fixture(scope='module')\ndef bad(): raise OSError\ndef test_a(bad): pass\n"
        "def test_b(bad): pass"
    )
    setups = [event for event in run.events("fixture") if event["phase"] == "setup"]
    assert [words(event, "name", "outcome") for event in setups] == [("bad", "failed")]


def test_fixture_that_ends_after_the_tests_belongs_to_none(record: Callable[..., Recorded]) -> None:
    """Where the run stops early, what is still there is torn down at the session's end."""
    run = record(
        "import pytest\n@pytest.fixture(scope='session')\ndef long():\n    yield\n"
        "def test_a(long): pytest.exit('enough')"
    )
    (event,) = [event for event in run.events("fixture") if event["phase"] == "teardown"]
    assert words(event, "name", "during") in {("long", ""), ("long", "call")}


def test_reasons_are_recorded(record: Callable[..., Recorded]) -> None:
    """A skip's, an expected failure's and a failure's."""
    run = record(
        """
import pytest
@pytest.mark.skip(reason="no network")
def test_skip(): pass
@pytest.mark.xfail(reason="known")
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
def test_fail():
    print("hello")
    assert 1 == 2, "odd"
""",
        "-o",
        "xfail_strict=false",
    )
    tests = {test.nodeid.rpartition("::")[2]: test for test in run.record.tests}
    assert {name: test.outcome for name, test in tests.items()} == {
        "test_fail": "failed",
        "test_skip": "skipped",
        "test_xfail": "xfailed",
        "test_xpass": "xpassed",
    }
    assert (tests["test_skip"].text, tests["test_xfail"].text) == ("no network", "known")
    (report,) = tests["test_fail"].reports
    assert (report.message, report.out) == ("AssertionError: odd\nassert 1 == 2", "hello\n")
    assert "def test_fail():" in report.text


def test_output_of_a_test_that_passes_is_not_kept(record: Callable[..., Recorded]) -> None:
    """Unless a JUnit file of this run would show it."""
    text = "def test_it(): print('hello')"
    assert not any("out" in event for event in record(text).events("phase"))
    loud = record(text, "-o", "junit_logging=all", "--basetemp=other")
    shown = [event["phase"] for event in loud.events("phase") if "out" in event]
    assert shown == ["teardown"]


RERUN = """
import pytest
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    for attempt in range(3):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        again = attempt < 2 and any(report.failed for report in reports)
        for report in reports:
            if report.failed and again:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if not again:
            return True
def pytest_report_teststatus(report):
    if report.outcome == "rerun":
        return "rerun", "R", "RERUN"
"""


def test_attempts_that_were_tried_again_are_evidence(record: Callable[..., Recorded]) -> None:
    """As pytest-rerunfailures 16 reports them: each attempt starts, what failed in it has the outcome ``rerun``."""
    run = record(
        "tries = []\ndef test_flaky():\n    tries.append(1)\n    assert len(tries) == 3\ndef test_never(): assert 0",
        conftest=RERUN,
    )
    found = [(test.nodeid, test.outcome, len(test.reruns), test.ended) for test in run.record.tests]
    assert found == [("test_it.py::test_flaky", "passed", 2, True), ("test_it.py::test_never", "failed", 2, True)]


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_failed_subtests_fail_their_test(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """Each is recorded with its words; with xdist as without."""
    run = record(
        "def test_it(subtests):\n    for n in range(3):\n        with subtests.test('odd', n=n): assert n != 1",
        *options,
    )
    (test,) = run.record.tests
    assert test.outcome == "failed"
    assert [report.subtest for report in test.reports] == ["[odd] (n=0)", "[odd] (n=1)", "[odd] (n=2)", None]
    assert test.reports[-1].message == "contains 1 failed subtest"


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_cannot_be_collected_is_an_error(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """It is named, once, also where xdist runs everything else."""
    run = record("def test_a(): pass", *options, test_broken="import nowhere_to_be_found")
    assert run.record.errors == ("test_broken.py could not be collected",)
    assert "No module named 'nowhere_to_be_found'" in run.record.collects[0].text
    assert run.record.missing == (() if options else ("test_it.py::test_a",))
    assert run.record.stopped == (() if options else ("Interrupted: 1 error during collection",))


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_internal_error_is_recorded(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """A plugin's mistake is an error of the run, whatever the tests say."""
    broken = "def pytest_runtest_teardown(item):\n    raise SystemError('x')\ndef pytest_runtest_logfinish(): 1 / 0"
    run = record("def test_a(): pass", *options, conftest=broken)
    assert any("ZeroDivisionError" in text for text in run.record.internal)
    assert run.record.errors[0].startswith("pytest met an internal error: ")


def test_exit_in_a_test_is_told(record: Callable[..., Recorded]) -> None:
    """Also where it asks for the exit status of a good run: the test and those after it did not pass."""
    run = record("import pytest\ndef test_a(): pytest.exit('enough', returncode=0)\ndef test_b(): pass")
    assert run.result.ret == 0
    assert run.record.stopped == ("Exit: enough",)
    (test,) = run.record.tests
    assert (test.outcome, test.text) == ("error", "main ended while this test ran: Exit: enough")
    assert run.record.missing == ("test_it.py::test_b",)
    assert run.record.workers[0].exit == 0


def test_stop_after_failures_is_told(record: Callable[..., Recorded]) -> None:
    """What did not run has a reason."""
    run = record("def test_a(): assert 0\ndef test_b(): pass", "-x")
    assert run.record.stopped == ("stopping after 1 failures",)
    assert run.record.missing == ("test_it.py::test_b",)
    assert run.record.torn == ()


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_warnings_are_counted_and_each_is_told_once(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """By the processes that run tests; with file, line and category, as in pytest's own summary."""
    run = record(
        "import warnings\ndef test_a(): [warnings.warn('same') for _ in range(3)]\n"
        "def test_b():\n    warnings.warn('other', DeprecationWarning)",
        *("-W", "always"),
        *options,
    )
    assert run.record.warnings == 4
    told = [text.partition("test_it.py:")[2] for text in run.record.warned]
    assert sorted(told) == ["2: UserWarning: same", "4: DeprecationWarning: other"]
    assert {event["test"] for event in run.events("warning")} == {"test_it.py::test_a", "test_it.py::test_b"}


def test_texts_of_warnings_are_bounded(record: Callable[..., Recorded]) -> None:
    """In number and length; all are counted."""
    run = record("import warnings\ndef test_a():\n    for n in range(150): warnings.warn(f'{n}' + 'x' * 5000)")
    assert (run.record.warnings, len(run.record.warned)) == (150, 100)
    assert {len(text) for text in run.record.warned} == {1000}


READS_AHEAD = """
import json, pathlib, os
def pytest_xdist_node_collection_finished(node, ids):
    text = (pathlib.Path(os.environ["SEEN"]) / f"journal-{node.gateway.id}.jsonl").read_text()
    events = [json.loads(line) for line in text.splitlines()]
    found = [test["id"] for event in events if event["event"] == "collected" for test in event["tests"]]
    assert found == list(ids), "the worker told its controller before its journal"
    print("read ahead:", node.gateway.id)
"""


def test_controller_finds_what_a_worker_collected_in_its_journal(
    record: Callable[..., Recorded], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As soon as the worker says that it has collected: a scheduler may read it."""
    monkeypatch.setenv("SEEN", str(tmp_path / "b"))
    run = record("def test_a(): pass\ndef test_b(): pass", "-n", "2", "-s", into=tmp_path / "b", conftest=READS_AHEAD)
    run.result.assert_outcomes(passed=2)
    run.result.stdout.fnmatch_lines_random(["*read ahead: gw0", "*read ahead: gw1"])


@pytest.mark.parametrize(
    ("options", "expected"), [((), {"main": True}), (("-n", "1"), {"controller": None, "gw0": True})]
)
def test_coverage_that_is_to_be_expected_is_told(
    record: Callable[..., Recorded],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    expected: dict[str, bool | None],
) -> None:
    """By the processes that run tests, where coverage was told to measure them."""
    monkeypatch.setenv("COVERAGE_PROCESS_START", "/dev/null")
    run = record("def test_a(): pass", *options)
    assert {events[0]["worker"]: events[-1].get("coverage") for events in run.journals.values()} == expected


KILLED = """
import os, signal, pytest
@pytest.fixture(scope="module", autouse=True)
def around():
    yield
    if os.environ.get("WHERE") == "module": os._exit(0)
def test_first(): pass
def test_second():
    if os.environ.get("WHERE") == "call": os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("WHERE") == "exit": os._exit(0)
def test_third(): pass
"""
AT_THE_END = "import os\ndef pytest_sessionfinish():\n    if os.environ.get('WHERE') == 'finish': os._exit(0)"


@pytest.mark.parametrize("options", [(), ("-n", "1", "--max-worker-restart=0")])
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("call", (["first"], ["second"], ["third"])),
        ("exit", (["first"], ["second"], ["third"])),
        ("module", (["first", "second"], ["third"], [])),
        ("finish", (["first", "second", "third"], [], [])),
    ],
)
def test_journal_of_a_killed_process_tells_what_ran(
    record: Callable[..., Recorded],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    where: str,
    expected: tuple[list[str], list[str], list[str]],
) -> None:
    """What ended, what was in flight, what never started; and no closing line, whatever the exit status says."""
    monkeypatch.setenv("WHERE", where)
    run = record(KILLED, *options, conftest=AT_THE_END)
    if where == "call" and not options:
        assert run.result.ret == -signal.SIGKILL
    tests = run.record.tests
    ended, in_flight = ([test.nodeid for test in tests if test.ended is how] for how in (True, False))
    found = [ended, in_flight, run.record.missing]
    assert tuple([nodeid.removeprefix("test_it.py::test_") for nodeid in each] for each in found) == expected
    assert [worker.closed for worker in run.record.workers] == [False]
    assert ("gw0" if options else "main") in run.record.torn


def test_second_run_into_one_bundle_has_journals_of_its_own(record: Callable[..., Recorded]) -> None:
    """Nothing is overwritten, and nobody crashes for a name that is taken."""
    record("def test_a(): pass")
    run = record("def test_a(): pass")
    assert set(run.journals) == {"journal-main.jsonl", "journal-main-2.jsonl"}
    assert len(run.record.tests) == 2


def test_what_a_test_says_of_itself_is_recorded_without_a_junit_file(record: Callable[..., Recorded]) -> None:
    """Pytest's own fixtures would do nothing, and warn of one thing only."""
    run = record(
        """
def test_a(record_property, record_xml_attribute, record_testsuite_property):
    record_property("key", 1)
    record_xml_attribute("name", "own <name>")
    record_testsuite_property("ARCH", "PPC")
""",
        "-W",
        "error",
        "-W",
        "ignore::pytest.PytestExperimentalApiWarning",
    )
    run.result.assert_outcomes(passed=1)
    (test,) = run.record.tests
    assert test.attributes == {"name": "own <name>"}
    assert test.reports[0].properties == (("key", "1"),)
    assert run.record.properties == (("ARCH", "PPC"),)


def test_recorder_needs_no_other_plugin(record: Callable[..., Recorded]) -> None:
    """Without pytest's JUnit, terminal and cache plugins it records the same."""
    run = record("def test_a(): pass", "-p", "no:junitxml", "-p", "no:terminal", "-p", "no:xdist")
    assert [test.outcome for test in run.record.tests] == ["passed"]
