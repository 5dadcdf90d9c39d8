"""Events as a journal has them, for tests of what is read from journals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from juncture.recording.journal import Event

__all__ = ["TEST", "closed", "collected", "fixture", "opened", "phase", "phases", "started"]

TEST = "tests/test_a.py::test_it"


def opened(worker: str = "gw0", **fields: Any) -> Event:
    """Return the first event of a process."""
    return {"event": "opened", "time": 100.0, "version": 1, "pid": 7, "worker": worker, "role": "worker"} | fields


def closed(time: float = 103.5, **fields: Any) -> Event:
    """Return the last event of an orderly end."""
    return {"event": "closed", "time": time, "exit": 0} | fields


def collected(*tests: str, **fields: Any) -> Event:
    """Return the event of a collection, each test in a group of its own."""
    listed = [{"id": test, "group": f"group of {test}", "fixtures": ["db"]} for test in tests]
    return {"event": "collected", "time": 100.5, "tests": listed} | fields


def started(test: str = TEST) -> Event:
    """Return the event of a test that starts."""
    return {"event": "started", "time": 101.0, "test": test}


def phase(name: str, outcome: str, test: str = TEST, **fields: Any) -> Event:
    """Return the event of a phase that ended."""
    known = {"event": "phase", "time": 102.0, "test": test, "phase": name, "outcome": outcome, "seconds": 0.25}
    return known | fields


def phases(text: str, test: str = TEST) -> list[Event]:
    """Return one test's events: pairs of a phase's and an outcome's first letters, x for an xfail mark.

    ``|`` stands for a phase that failed and is tried again, ``+`` for another start of the same test.
    """
    names = {"s": "setup", "c": "call", "t": "teardown"}
    outcomes = {"p": "passed", "f": "failed", "s": "skipped", "|": "rerun"}
    events = [started(test)]
    for word in text.split():
        if word == "+":
            events.append(started(test))
        else:
            xfail = {"xfail": ""} if word[2:] == "x" else {}
            events.append(phase(names[word[0]], outcomes[word[1]], test, **xfail))
    return events


def fixture(name: str, what: str, seconds: float, **fields: Any) -> Event:
    """Return the event of a fixture's setup or teardown."""
    known = {"event": "fixture", "time": 101.5, "name": name, "scope": "module", "base": "tests/test_a.py"}
    return known | {"phase": what, "seconds": seconds, "test": TEST, "during": what} | fields
