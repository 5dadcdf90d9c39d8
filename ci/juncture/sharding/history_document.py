"""The history as JSON text, an entry a line, and back with every doubt cleared.

What pytest-split writes, ``.test_durations``, is read as a first history.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import chain
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
_NONE: list[Any] = []

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
    nodeids = sorted(tests)
    try:
        found = list(map(_read_test, map(tests.__getitem__, nodeids)))
        if found and not _are_sound(found):
            raise ValueError
    except _DAMAGE:
        damaged = next(nodeid for nodeid in nodeids if not _is_sound(tests[nodeid]))
        raise UsageError(f"its entry of {damaged} is damaged", where=where, hint=AGAIN) from None
    return dict(zip(nodeids, found, strict=True))


def _read_fixtures(fixtures: list[Any], where: str) -> dict[FixtureKey, KnownFixture]:
    try:
        return dict(sorted(map(_read_fixture, fixtures)))
    except _DAMAGE:
        raise UsageError("its entry of a fixture is damaged", where=where, hint=AGAIN) from None


def _read_test(entry: dict[str, Any]) -> KnownTest:
    """Return an entry that is not checked yet."""
    get = entry.get
    if "seconds" in entry:
        if not _is_pair(("", entry["seconds"])) or not 0 <= entry["seconds"] <= LONGEST:
            raise ValueError
        return timed(microseconds(entry["seconds"]))
    recent, uses = get("recent", _NONE), get("uses", _NONE)
    if recent.__class__ is not list or uses.__class__ is not list:
        raise ValueError
    return KnownTest(entry["seen"], get("mean"), tuple(recent), get("doubtful"), get("group", ""), tuple(uses))


def _are_sound(tests: Sequence[KnownTest]) -> bool:
    """Check entries column by column: a suite may have a hundred thousand of them."""
    seen, mean, recent, doubtful, group, uses = zip(*tests, strict=True)
    times = (seen, [time for time in mean if time is not None], [time for time in doubtful if time is not None])
    return (
        all(_are_whole(column) for column in (*times, list(chain.from_iterable(recent))))
        and {*map(type, group)} <= _TEXT
        and {*map(type, chain.from_iterable(uses))} <= _TEXT
    )


def _is_sound(entry: Any) -> bool:
    try:
        return _are_sound([_read_test(entry)])
    except _DAMAGE:
        return False


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
