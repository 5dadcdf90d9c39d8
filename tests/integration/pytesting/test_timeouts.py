"""Tests of ``juncture.pytesting.timeouts`` in runs of pytest, with tests that hang."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from bundled import suite_of

from juncture.merging import junit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorded import Recorded

    Record = Callable[..., Recorded]

HANGS = """
import threading, pytest
pytestmark = pytest.mark.integration
forever = threading.Event().wait
@pytest.fixture
def slow_setup():
    forever()
@pytest.fixture
def slow_teardown():
    yield
    forever()
def test_setup(slow_setup): pass
def test_call(): forever()
def test_teardown(slow_teardown): pass
def test_good(): pass
"""

SWALLOWS = """
import asyncio, threading, pytest
pytestmark = pytest.mark.integration
def swallow():
    try:
        threading.Event().wait()
    except:
        pass
@pytest.fixture
def slow_setup(): swallow()
@pytest.fixture
def slow_teardown():
    yield
    swallow()
def test_setup(slow_setup): pass
def test_call(): swallow()
def test_teardown(slow_teardown): pass
def test_skip():
    try:
        threading.Event().wait()
    except:
        pytest.skip("too slow")
def test_task():
    async def hang():
        threading.Event().wait()
    async def wait():
        task = asyncio.create_task(hang())
        while not task.done():
            await asyncio.sleep(0)
    asyncio.run(wait())
def test_other():
    try:
        threading.Event().wait()
    except:
        assert 1 == 2
@pytest.mark.timeout(0)
def test_any_time(): pass
def test_good(): pass
"""

MARKED = """
import threading, pytest
wait = threading.Event().wait
@pytest.mark.integration
@pytest.mark.timeout(0)
def test_any_time(): wait(0.6)
@pytest.mark.integration
@pytest.mark.timeout(timeout=20)
def test_more_time(): wait(0.6)
@pytest.mark.integration
def test_usual_time(): wait(20)
@pytest.mark.integration
@pytest.mark.timeout("1 s")
def test_wrong_time(): pass
def test_of_a_unit(): wait(0.6)
"""

STUCK = """
import ctypes, pytest
import juncture.pytesting.timeouts
pytestmark = [pytest.mark.integration, pytest.mark.timeout(0.3)]
juncture.pytesting.timeouts.GRACE = 0.2
def test_stuck():
    libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)
def test_good(): pass
"""

LOCKED = """
import os, psycopg
def test_waits(services):
    with psycopg.connect(services["db"].url) as one, psycopg.connect(services["db"].url) as other:
        one.execute("UPDATE fruit SET name = 'fig' WHERE name = 'pear'")
        print("the password is", services["db"].password)
        other.execute("UPDATE fruit SET name = 'plum' WHERE name = 'pear'")
def test_next(services):
    with psycopg.connect(services["db"].url) as one:
        assert one.execute("SELECT count(*) FROM fruit").fetchone() == (2,)
"""


def test_each_phase_fails_by_itself_and_the_rest_goes_on(
    record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Setup, call and teardown are told apart; the failure's own text tells all, so journal and JUnit file have it."""
    monkeypatch.setenv("JUNCTURE_TIMEOUT", "0.5")
    recorded = record(HANGS)
    recorded.result.assert_outcomes(passed=2, failed=1, errors=2)
    recorded.result.stdout.fnmatch_lines(
        [
            "E*Failed: timeout: the setup took longer than 0.5 s",
            "E*(`timeout` of ?tool.juncture?, or @pytest.mark.timeout(SECONDS) for this test)",
            "E*thread MainThread",
            "E*test_it.py:6 slow_setup: forever()",
            "E*threading.py:* wait: waiter.acquire()",
            "E*Failed: timeout: the teardown took longer than 0.5 s",
            "E*Failed: timeout: the call took longer than 0.5 s",
            "E*test_it.py:12 test_call: def test_call(): forever()",
        ]
    )
    assert "alarm.py" not in recorded.result.stdout.str()
    phases = [event for event in recorded.events("phase") if event["outcome"] == "failed"]
    assert [(event["test"].partition("::")[2], event["phase"]) for event in phases] == [
        ("test_setup", "setup"),
        ("test_call", "call"),
        ("test_teardown", "teardown"),
    ]
    assert all("thread MainThread" in event["text"] for event in phases)
    assert all("timeout: the " in event["message"] for event in phases)
    junit.write(tmp_path / "junit.xml", [suite_of(recorded.record)])
    bad = [case[0] for case in ET.parse(tmp_path / "junit.xml").iter("testcase") if len(case)]  # noqa: S314 - ours
    assert sorted(each.tag for each in bad) == ["error", "error", "failure"]
    assert all("thread MainThread" in str(each.text) for each in bad)


def test_a_phase_that_swallows_the_interruption_fails_all_the_same(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare ``except``, a skip in its place, and a task that nobody awaits hide nothing; the next test is not told."""
    monkeypatch.setenv("JUNCTURE_TIMEOUT", "0.5")
    result = record(SWALLOWS).result
    result.assert_outcomes(passed=3, failed=4, errors=2)
    lines = result.stdout.lines
    assert sum(line.startswith("timeout: the call took longer than 0.5 s") for line in lines) == 3
    for phase in ("setup", "teardown"):
        assert sum(line.startswith(f"timeout: the {phase} took longer than 0.5 s") for line in lines) == 1
    assert sum(line.startswith("It was interrupted, and went on: a bare `except`") for line in lines) == 5


def test_a_mark_says_otherwise(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pytest-timeout its mark is ours; 0 is any time, as a unit test has it, and a wrong one is an error."""
    monkeypatch.setenv("JUNCTURE_TIMEOUT", "0.2")
    result = record(MARKED, "-p", "no:timeout", "--strict-markers", "-n", "1").result
    result.assert_outcomes(passed=3, failed=1, errors=1)
    result.stdout.fnmatch_lines(["E*Failed: timeout: the call took longer than 0.2 s"])
    result.stdout.fnmatch_lines(["*test_wrong_time: @pytest.mark.timeout('1 s'): seconds are needed, 0 for any time"])


@pytest.mark.parametrize("options", [["-o", "timeout=30"], pytest.param([], marks=pytest.mark.long)])
def test_pytest_timeout_goes_first_where_it_is_configured(
    record: Record, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """By its setting or its mark; then juncture's time does not count."""
    monkeypatch.setenv("JUNCTURE_TIMEOUT", "0.2")
    mark = "" if options else "@pytest.mark.timeout(30)"
    test = f"import threading, pytest\n{mark}\n@pytest.mark.integration\ndef test_it(): threading.Event().wait(0.5)"
    record(test, *options).result.assert_outcomes(passed=1)


def test_what_a_test_waits_for_is_named(
    small: pytest.Pytester, integration: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a test that waits for a lock, the server says who holds it; no password is shown, and the next test runs."""
    monkeypatch.setenv("JUNCTURE_TIMEOUT", "1.5")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(small.path / "bundle"))
    integration(LOCKED)
    result = small.runpytest_subprocess("-n", "1", "tests/integration")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*Failed: timeout: the call took longer than 1.5 s",
            "E*thread MainThread",
            "E*test_it.py:7 test_waits: other.execute(*",
            "E*db (postgres)",
            "E*pid * is idle in transaction for * s: UPDATE fruit SET name = 'fig' WHERE name = 'pear'",
            "E*pid * is active for * s, waits for Lock transactionid, is blocked by pid *: UPDATE fruit SET *'plum'*",
        ]
    )
    password = re.search("the password is (.*)", result.stdout.str())
    journal = (small.path / "bundle" / "journal-gw0.jsonl").read_text()
    assert password
    assert password[1] not in result.stdout.str().replace(password[0], "")
    assert "is blocked by pid" in journal
    assert password[1] not in journal


def test_a_test_that_is_stuck_in_c_ends_its_worker(record: Record) -> None:
    """What no signal interrupts is a failed test with the same text; the other tests run in another worker."""
    recorded = record(STUCK, "-p", "no:timeout", "-n", "1")
    recorded.result.stderr.fnmatch_lines(
        [
            "*test_it.py::test_stuck: timeout: the call took longer than 0.3 s",
            "*It could not be interrupted, so its*",
        ]
    )
    recorded.result.stdout.fnmatch_lines(["*worker 'gw0' crashed while running 'test_it.py::test_stuck'*"])
    (failed,) = [event for event in recorded.events("phase") if event["outcome"] == "failed"]
    assert "test_it.py:8 test_stuck: libc.pthread_mutex_lock(mutex)" in failed["text"]
    assert {test.nodeid.partition("::")[2]: test.outcome for test in recorded.record.tests} == {
        "test_stuck": "error",
        "test_good": "passed",
    }
