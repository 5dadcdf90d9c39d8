"""The many ways in which a pytest process can end, and what its journal says then."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorded import Recorded

CRASH = "import os, signal\ndef test_a(): pass\ndef test_b(): os.kill(os.getpid(), signal.SIGKILL)\ndef test_c(): pass"


def test_controller_tells_which_worker_crashed_and_in_which_test(record: Callable[..., Recorded]) -> None:
    """The worker itself can't; another takes over what is left."""
    run = record(CRASH, "-n", "1")
    (crash,) = run.record.crashes
    assert (crash.worker, crash.test) == ("gw0", "test_it.py::test_b")
    assert crash.text
    assert {event["process"] for event in run.journals["journal-controller.jsonl"] if event["event"] == "crashed"} == {
        "gw0"
    }
    tests = {test.nodeid.rpartition("::")[2]: test for test in run.record.tests}
    assert {name: (test.outcome, test.worker) for name, test in tests.items()} == {
        "test_a": ("passed", "gw0"),
        "test_b": ("error", "gw0"),
        "test_c": ("passed", "gw1"),
    }
    assert run.record.torn == ("gw0",)


def test_worker_that_crashes_between_tests_is_told_without_one(record: Callable[..., Recorded]) -> None:
    """As where a plugin of it ends the process after the last test."""
    run = record(
        "def test_a(): pass",
        *("-n", "1", "--max-worker-restart=0"),
        conftest="import os\ndef pytest_sessionfinish(session):\n"
        "    if hasattr(session.config, 'workerinput'): os._exit(3)",
    )
    assert run.record.torn == ("gw0",)
    assert [(crash.worker, crash.test) for crash in run.record.crashes] in ([], [("gw0", "")])


def test_ctrl_c_in_a_test_is_told(record: Callable[..., Recorded]) -> None:
    """The test was in flight; the process came to its end in order."""
    run = record("def test_a(): raise KeyboardInterrupt\ndef test_b(): pass")
    assert run.result.ret == pytest.ExitCode.INTERRUPTED
    assert [text.partition(":")[0] for text in run.record.stopped] == ["KeyboardInterrupt"]
    (test,) = run.record.tests
    assert (test.outcome, test.ended) == ("error", False)
    assert run.record.missing == ("test_it.py::test_b",)
    assert (run.record.torn, run.record.workers[0].exit) == ((), 2)


def test_ctrl_c_of_a_worker_is_told(record: Callable[..., Recorded]) -> None:
    """It is its journal that says so; the test is an error, and what it did not run is missing."""
    run = record("def test_a(): raise KeyboardInterrupt\ndef test_b(): pass", "-n", "1", "--max-worker-restart=0")
    assert run.result.ret != pytest.ExitCode.OK
    tests = {test.nodeid: test.outcome for test in run.record.tests}
    assert tests == {"test_it.py::test_a": "error"}
    assert run.record.missing == ("test_it.py::test_b",)
    assert any("KeyboardInterrupt" in text for text in run.record.stopped)


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_system_exit_in_a_fixture_is_its_tests_error(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """Pytest takes it for a failure, and goes on."""
    run = record(
        "import pytest, sys\n@pytest.fixture\ndef leaves(): sys.exit(0)\ndef test_a(leaves): pass\ndef test_b(): pass",
        *options,
    )
    assert {test.nodeid: (test.outcome, test.ended) for test in run.record.tests} == {
        "test_it.py::test_a": ("error", True),
        "test_it.py::test_b": ("passed", True),
    }
    assert run.record.torn == run.record.missing == ()


@pytest.mark.parametrize("options", [(), ("-n", "1", "--max-worker-restart=0")])
def test_plugin_that_fails_in_logreport_leaves_its_test_in_flight(
    record: Callable[..., Recorded], options: tuple[str, ...]
) -> None:
    """How its call ended was never told to anybody: it is no pass."""
    run = record(
        "def test_a(): pass\ndef test_b(): pass",
        *options,
        conftest="def pytest_runtest_logreport(report):\n"
        "    if report.when == 'call' and 'test_a' in report.nodeid: 1 / 0",
    )
    assert any("ZeroDivisionError" in text for text in run.record.internal)
    tests = {test.nodeid.rpartition("::")[2]: test for test in run.record.tests}
    assert "test_a" in tests
    assert tests["test_a"].outcome == "error"
    assert not tests["test_a"].ended
    assert run.record.missing == ("test_it.py::test_b",)


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


def test_exit_before_the_tests_is_told(record: Callable[..., Recorded]) -> None:
    """As where a conftest finds that the project can't be tested here."""
    run = record(
        "def test_a(): pass", conftest="import pytest\ndef pytest_sessionstart(): pytest.exit('not here', returncode=0)"
    )
    assert run.record.stopped == ("Exit: not here",)
    assert run.record.tests == ()


SLOW = "import time\ndef test_a(): time.sleep(60)\ndef test_b(): pass"


def test_timeout_by_signal_is_a_failure(record: Callable[..., Recorded]) -> None:
    """The process lives, and the next test runs."""
    run = record(SLOW, "--timeout=0.5", "--timeout-method=signal")
    outcomes = {test.nodeid.rpartition("::")[2]: test.outcome for test in run.record.tests}
    assert outcomes == {"test_a": "failed", "test_b": "passed"}
    assert "Timeout" in run.record.tests[0].text
    assert run.record.torn == ()


@pytest.mark.parametrize("options", [(), ("-n", "1", "--max-worker-restart=0")])
def test_timeout_by_thread_kills_the_process(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """Its journal shows which test was in flight, and what never ran."""
    run = record(SLOW, "--timeout=0.5", "--timeout-method=thread", *options)
    assert run.result.ret != pytest.ExitCode.OK
    (test,) = run.record.tests
    assert (test.nodeid, test.outcome, test.ended) == ("test_it.py::test_a", "error", False)
    assert run.record.missing == ("test_it.py::test_b",)
    worker = "gw0" if options else "main"
    assert run.record.torn == (worker,)
    if options:
        assert [(crash.worker, crash.test) for crash in run.record.crashes] == [("gw0", "test_it.py::test_a")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_process_has_no_closing_line(record: Callable[..., Recorded], number: signal.Signals) -> None:
    """Whoever killed it: a job that was cancelled, or the kernel for want of memory."""
    run = record(f"import os\ndef test_a(): pass\ndef test_b(): os.kill(os.getpid(), {int(number)})")
    assert run.result.ret == -number
    assert {test.nodeid: test.outcome for test in run.record.tests} == {
        "test_it.py::test_a": "passed",
        "test_it.py::test_b": "error",
    }
    assert run.record.torn == ("main",)


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
