"""The history as JSON text, an entry a line, and back with every doubt cleared.

What pytest-split writes, ``.test_durations``, is read as a first history.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.sharding.costs import LONGEST
from juncture.sharding.history import (
    FixtureKey,
    History,
    KnownFixture,
    KnownTest,
    history_of_seconds,
    microseconds,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["VERSION", "history_to_json", "parse_durations", "parse_history"]

VERSION = 1

_MOST = int(LONGEST * 1_000_000)
"""Microseconds of the longest duration; as seconds since the epoch no moment comes near."""

_WHOLE, _TEXT = {int}, {str}

_DAMAGE = (TypeError, KeyError, ValueError, AttributeError)
"""What reading an entry raises that another program wrote, or an accident."""

AGAIN = "remove it: the next merge writes another"
FOREIGN = 'juncture merge writes a history.json, pytest-split {"tests/test_a.py::test_it": 0.25}'


def history_to_json(history: History) -> str:
    """Return the history as ASCII, sorted, with an entry a line; equal histories give equal bytes."""
    tests = ",\n".join(f"{_compact(nodeid)}: {_compact(_test(entry))}" for nodeid, entry in history.tests.items())
    fixtures = ",\n".join(_compact(_fixture(key, entry)) for key, entry in history.fixtures.items())
    return (
        f'{{"version": {VERSION},\n"complete": {_compact(list(history.complete))},\n'
        f'"tests": {{\n{tests}\n}},\n"fixtures": [\n{fixtures}\n]}}\n'
    )


def parse_history(text: str, *, where: str = "the history") -> History:
    """Return the history that `history_to_json` wrote, or that the ``.test_durations`` of pytest-split makes.

    ``where`` names it in messages. Raise `UsageError` for what is neither, is torn or is of another version.
    """
    document = _load(text, where)
    if isinstance(document, list) or (isinstance(document, dict) and "version" not in document):
        return _of_durations(document, text, where)
    if not isinstance(document, dict):
        raise UsageError("it is no history", where=where, hint=FOREIGN)
    if document["version"] != VERSION:
        raise UsageError(
            f"written in version {document['version']}, this juncture reads {VERSION}",
            where=where,
            hint="use the same version of juncture everywhere",
        )
    tests, fixtures, complete = document.get("tests"), document.get("fixtures", []), document.get("complete", [])
    if not (isinstance(tests, dict) and isinstance(fixtures, list) and _are_moments(complete)):
        raise UsageError("it is no history", where=where, hint=FOREIGN)
    return History(
        tests=_read_tests(tests, where),
        fixtures=_read_fixtures(fixtures, where),
        complete=tuple(sorted(complete)),
        digest=_digest(text),
    )


def parse_durations(text: str, *, where: str) -> History:
    """Return the history that pytest-split's ``.test_durations`` makes: an object, or a list of pairs."""
    return _of_durations(_load(text, where), text, where)


def _of_durations(document: Any, text: str, where: str) -> History:
    pairs = document.items() if isinstance(document, dict) else document
    if not isinstance(document, dict | list) or not all(_is_pair(pair) for pair in pairs):
        raise UsageError("it is no history", where=where, hint=FOREIGN)
    seconds: dict[str, float] = {nodeid: value for nodeid, value in pairs}  # noqa: C416 - lists are no pairs to dict()
    for nodeid, value in seconds.items():
        if not 0 <= value <= LONGEST:
            raise UsageError(f"{json.dumps(value)[:40]} is no duration in seconds, in {nodeid}", where=where)
    return replace(history_of_seconds(seconds), digest=_digest(text))


def _is_pair(pair: Any) -> bool:
    if not isinstance(pair, list | tuple) or len(pair) != len(("nodeid", "seconds")) or not isinstance(pair[0], str):
        return False
    return isinstance(pair[1], int | float) and not isinstance(pair[1], bool)


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageError("not JSON that anybody wrote: nested too deep", where=where) from None
    except ValueError as error:
        raise UsageError(f"not JSON: {error}", where=where, hint=AGAIN) from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _test(entry: KnownTest) -> dict[str, object]:
    found: dict[str, object] = {"seen": entry.seen}
    if entry.mean is not None:
        found |= {"mean": entry.mean, "recent": entry.recent}
    if entry.doubtful is not None:
        found["doubtful"] = entry.doubtful
    if entry.group:
        found["group"] = entry.group
    if entry.uses:
        found["uses"] = entry.uses
    return found


def _fixture(key: FixtureKey, entry: KnownFixture) -> dict[str, object]:
    return {**key._asdict(), **entry._asdict()}


def _read_tests(tests: dict[str, Any], where: str) -> dict[str, KnownTest]:
    found: dict[str, KnownTest] = {}
    nodeid = ""
    try:
        for nodeid in sorted(tests):
            found[nodeid] = _read_test(tests[nodeid])
    except _DAMAGE:
        raise UsageError(f"its entry of {nodeid} is damaged", where=where, hint=AGAIN) from None
    return found


def _read_fixtures(fixtures: list[Any], where: str) -> dict[FixtureKey, KnownFixture]:
    try:
        return dict(sorted(map(_read_fixture, fixtures)))
    except _DAMAGE:
        raise UsageError("its entry of a fixture is damaged", where=where, hint=AGAIN) from None


def _read_test(entry: dict[str, Any]) -> KnownTest:
    get = entry.get
    if "seconds" in entry:
        if not _is_pair(("", entry["seconds"])) or not 0 <= entry["seconds"] <= LONGEST:
            raise ValueError
        return timed(microseconds(entry["seconds"]))
    seen, mean, recent, doubtful = entry["seen"], get("mean"), tuple(get("recent", ())), get("doubtful")
    group, uses = get("group", ""), tuple(get("uses", ()))
    if not _are_whole([seen, *recent, *(time for time in (mean, doubtful) if time is not None)]):
        raise ValueError
    if (group or uses) and not ({*map(type, (group, *uses))} == _TEXT and isinstance(entry.get("uses", []), list)):
        raise ValueError
    return KnownTest(seen, mean, recent, doubtful, group, uses)


def _read_fixture(entry: dict[str, Any]) -> tuple[FixtureKey, KnownFixture]:
    key = FixtureKey(*(entry[name] for name in FixtureKey._fields))
    found = KnownFixture(entry["seen"], entry["setup"], entry["teardown"], tuple(entry["recent"]))
    if not (all(isinstance(part, str) for part in key) and _are_whole((*found[:3], *found.recent))):
        raise ValueError
    return key, found


def _are_whole(values: Sequence[Any]) -> bool:
    """Tell whether all are integers that a time or a moment can be; booleans are none."""
    return {*map(type, values)} <= _WHOLE and (not values or (min(values) >= 0 and max(values) <= _MOST))


def _are_moments(value: Any) -> bool:
    return isinstance(value, list) and _are_whole(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
