"""Whether events are of the kinds that a process writes: JSON may be whole and still say nonsense.

Only members that somebody reads are looked at; what is not known here is of a later juncture, and passed over.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from juncture.recording.attempts import PLAIN
from juncture.recording.manifest import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from juncture.recording.journal import Event

__all__ = ["misfit"]

PHASES = ("setup", "call", "teardown")

YEAR_9999 = 253_402_300_799.0
"""Seconds since the epoch, the last that a date can have."""

LONGEST = 1e9
"""Seconds (30 years) of one phase or fixture."""


def misfit(events: Iterable[Event]) -> str:
    """Return which member of an event is of the wrong kind; empty where none is."""
    for event in events:
        kind = event["event"]
        if _passed(kind, event):
            continue
        if not (isinstance(kind, str) and _is_time(event.get("time"))):
            return f"{str(kind)[:40]}: time is {event.get('time')!r:.40}"
        for name, fits in FORMS.get(kind, {}).items():
            if name in event and not fits(event[name]):
                return f"{kind}: {name} is {event[name]!r:.40}"
    return ""


def _passed(kind: object, event: Event) -> bool:
    """Tell in half the time whether this is a phase that passed, as three of four events are."""
    return (
        kind == "phase"
        and len(event) == len(PLAIN)
        and event.get("outcome") == "passed"
        and event.get("phase") in PHASES
        and type(event.get("test")) is str
        and type(seconds := event.get("seconds")) is float
        and -LONGEST <= seconds <= LONGEST
        and type(time := event.get("time")) is float
        and 0.0 <= time <= YEAR_9999
    )


def _is_text(value: object) -> bool:
    return type(value) is str


def _is_flag(value: object) -> bool:
    return type(value) is bool


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) <= MOST


def _counts(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST


def _is_process(value: object) -> bool:
    return type(value) is int and value > 0


def _is_time(value: Any) -> bool:
    return type(value) in {float, int} and 0 <= value <= YEAR_9999


def _is_duration(value: Any) -> bool:
    # Clocks that are set back may make it less than nothing.
    return type(value) in {float, int} and math.isfinite(value) and abs(value) <= LONGEST


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_pairs(value: object) -> bool:
    return isinstance(value, list) and all(_are_texts(each) and len(each) == 2 for each in value)  # noqa: PLR2004 - a pair


def _are_tests(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(test, dict)
        and _is_text(test.get("id"))
        and _is_text(test.get("group"))
        and _are_texts(test.get("fixtures"))
        for test in value
    )


def _are_settings(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(_is_flag(each) if name == "junit_log_passing_tests" else _is_text(each) for name, each in value.items())


def _forms(texts: str, **others: Callable[[Any], bool]) -> Mapping[str, Callable[[Any], bool]]:
    return {**dict.fromkeys(texts.split(), _is_text), **others}


FORMS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "opened": _forms(
        "role worker run rerun suite pytest commit",
        narrowed=_is_flag,
        pid=_is_process,
        shard=_counts,
        total=_counts,
        attempt=_counts,
    ),
    "note": _forms("text"),
    "collect": _forms("node outcome text"),
    "collected": _forms("", tests=_are_tests, junit=_are_settings),
    "started": _forms("test"),
    "attribute": _forms("test name value"),
    "property": _forms("name value"),
    "fixture": _forms("name scope base phase test during", seconds=_is_duration, param=_is_number),
    "phase": _forms(
        "test phase outcome message text place xfail subtest log out err", seconds=_is_duration, properties=_are_pairs
    ),
    "warning": _forms("text test"),
    "crashed": _forms("process text test"),
    "internal": _forms("text"),
    "stopped": _forms("reason"),
    "closed": _forms("stopped", exit=_is_number, coverage=_is_flag, warnings=_is_number),
}
"""The members of each event, and what each of them has to be."""
