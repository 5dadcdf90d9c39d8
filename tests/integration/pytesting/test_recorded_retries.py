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
