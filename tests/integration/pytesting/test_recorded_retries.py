"""A plugin that tries a failed test again, in real runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorded import Recorded

TRIES = """
tries = []
def test_flaky():
    tries.append(1)
    assert len(tries) == 3, f"try {len(tries)}"
def test_never(): assert 0
def test_good(): pass
"""


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_rerunfailures_leaves_each_attempt(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """The last result counts; the failures before it are evidence."""
    run = record(TRIES, "--reruns", "2", *options)
    found = {test.nodeid.rpartition("::")[2]: test for test in run.record.tests}
    assert {name: (test.outcome, len(test.reruns), test.ended) for name, test in found.items()} == {
        "test_flaky": ("passed", 2, True),
        "test_never": ("failed", 2, True),
        "test_good": ("passed", 0, True),
    }
    assert [rerun.message.partition("\n")[0] for rerun in found["test_flaky"].reruns] == [
        "AssertionError: try 1",
        "AssertionError: try 2",
    ]


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
