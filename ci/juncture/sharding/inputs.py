"""What a plan is made from, out of text: lists of node ids, and recorded durations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.sharding.plan import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parse_durations", "parse_history", "parse_nodeids"]

HISTORY_VERSION = 1

LISTING = "pytest --collect-only -q prints one node id a line"

_SUMMARY = re.compile(
    r"(?:no tests collected|[0-9]+(?:/[0-9]+)? tests? collected|no tests ran)"
    r"(?: \([0-9]+ deselected\))?(?:, (?P<errors>[0-9]+ errors?))? in [0-9.]+s.*"
)
_SECTION = re.compile(r"=+ .* =+")
_OTHER_FORM = re.compile(r"\s*<[A-Z]\w* .*>|[^\[]+: [0-9]+")
"""How pytest lists tests without ``-q``, or with two of them."""


def parse_nodeids(text: str, *, where: str) -> list[str]:
    """Return the node ids of a list, one a line, as ``pytest --collect-only -q`` prints it.

    Blank lines and pytest's own lines at the end are left out. Raise `UsageError` for a list of a collection with
    errors, which lacks tests, for another form of list, and for one without any node id.
    """
    nodeids: list[str] = []
    in_section = False
    for number, line in enumerate(re.split(r"\r?\n", text), 1):
        summary = _SUMMARY.fullmatch(line.strip("= "))
        if summary and summary["errors"]:
            raise UsageError(
                f"pytest met {summary['errors']} when it made this list, which lacks tests",
                where=f"{where}:{number}",
                hint="mend what pytest --collect-only tells, and list again",
            )
        # A section (warnings, errors) reaches to the summary; what comes after that is another list.
        in_section = not summary and (in_section or bool(_SECTION.fullmatch(line)))
        if summary or in_section or not line.strip():
            continue
        if _OTHER_FORM.fullmatch(line):
            raise UsageError(f'"{line.strip()}" is no node id', where=f"{where}:{number}", hint=f"{LISTING}: one -q")
        nodeids.append(line)
    if not nodeids:
        raise UsageError("it holds no node id", where=where, hint=LISTING)
    return nodeids


def parse_durations(text: str, *, where: str) -> dict[str, float]:
    """Return seconds by node id from pytest-split's ``.test_durations``: an object, or a list of pairs."""
    document = _load(text, where)
    if isinstance(document, list) and all(_is_pair(each) for each in document):
        return _checked(((nodeid, value) for nodeid, value in document), where)
    if isinstance(document, dict):
        return _checked(document.items(), where)
    hint = 'pytest-split writes {"tests/test_a.py::test_it": 0.25}'
    raise UsageError("it holds neither an object nor a list of pairs", where=where, hint=hint)


def parse_history(text: str, *, where: str) -> dict[str, float]:
    """Return seconds by node id from juncture's own ``history.json``."""
    document = _load(text, where)
    tests = document.get("tests") if isinstance(document, dict) else None
    if not isinstance(tests, dict) or not all(isinstance(test, dict) for test in tests.values()):
        hint = "pytest-split's .test_durations goes to --durations"
        raise UsageError("it is no history", where=where, hint=hint)
    if document.get("version") != HISTORY_VERSION:
        raise UsageError(
            f"written in version {document.get('version')}, this juncture reads {HISTORY_VERSION}",
            where=where,
            hint="use the same version of juncture everywhere",
        )
    return _checked(((nodeid, test.get("seconds")) for nodeid, test in tests.items()), where)


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageError("not JSON that anybody wrote: nested too deep", where=where) from None
    except ValueError as error:
        raise UsageError(f"not JSON: {error}", where=where) from None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == len(("nodeid", "seconds")) and isinstance(value[0], str)


def _checked(pairs: Iterable[tuple[str, Any]], where: str) -> dict[str, float]:
    seconds = dict(pairs)
    for nodeid, value in seconds.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
            shown = json.dumps(value)[:40]
            raise UsageError(f"{shown} is no duration in seconds, in {nodeid}", where=where)
    return seconds
