"""Events that are JSON, and nothing that a process writes."""

from __future__ import annotations

from typing import Any

import pytest
from journals import closed, collected, fixture, opened, phase, phases

from juncture.recording.soundness import misfit


def test_what_processes_write_is_sound() -> None:
    """Events of every kind pass, and so does what a later juncture may add."""
    known = [opened(shard=1, total=2, attempt=1), collected("a.py::b", junit={"junit_log_passing_tests": False})]
    added = [phase("call", "failed", message="m", properties=[["a", "b"]], later=[1]), {"event": "later", "time": 1}]
    assert misfit([*known, *phases("sp cp tp"), fixture("db", "setup", -0.5), *added, closed(coverage=True)]) == ""


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (opened(pid={}), "opened: pid is {}"),
        (opened(shard=0), "opened: shard is 0"),
        (opened(attempt=True), "opened: attempt is True"),
        (opened(time=1e300), "opened: time is 1e+300"),
        (closed(exit="0"), "closed: exit is '0'"),
        (collected() | {"tests": [{"id": 1}]}, "collected: tests is [{'id': 1}]"),
        (collected(junit=[]), "collected: junit is []"),
        (phase("call", "passed", seconds=float("nan")), "phase: seconds is nan"),
        (phase("call", "passed") | {"test": 7}, "phase: test is 7"),
        (phase("call", "failed", message=None), "phase: message is None"),
        (phase("call", "failed", properties=[["a"]]), "phase: properties is [['a']]"),
        ({"event": "crashed", "time": 1.0, "process": 1}, "crashed: process is 1"),
        ({"event": "warning", "time": 1.0, "text": []}, "warning: text is []"),
        (fixture("db", "setup", 0.5, param="x"), "fixture: param is 'x'"),
        ({"event": [], "time": 1.0}, "[]: time is 1.0"),
        ({"event": "note"}, "note: time is None"),
    ],
)
def test_nonsense_is_named(event: dict[str, Any], what: str) -> None:
    """The event, the member and its value are told."""
    assert misfit([opened(), event]) == what
