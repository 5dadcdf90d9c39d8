"""Follow the suites of one file as they open and close, and count what the tests in them came to.

The rules by which a test counts are GitLab's (``lib/gitlab/ci/parsers/test/junit.rb``): each case has one outcome, a
failure before an error before a skip. junitparser counts results, so that a case with two failures counts twice there.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, NamedTuple

from juncture.merging.foreign import limits
from juncture.merging.foreign.refusal import Refusal
from juncture.merging.foreign.roots import root_refusal
from juncture.merging.foreign.values import COUNTED, EDIT_FIELDS, INHERITS, RECOUNTED, Case, Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.parsers.expat import XMLParserType

__all__ = ["RESULTS", "Suites", "place", "seconds_of"]

_FAILURE, _ERROR, _SKIPPED, _FLAKY = 1, 2, 4, 8

RESULTS = {
    "failure": _FAILURE,
    "error": _ERROR,
    "skipped": _SKIPPED,
    "disabled": _SKIPPED,
    "flakyFailure": _FLAKY,
    "flakyError": _FLAKY,
}
"""What an element in a test case says of it, as bits."""

_NOT_RUN = {"disabled", "ignored", "notrun", "skipped", "suppressed"}
"""What ``status`` (CTest, GoogleTest) or ``result`` (GoogleTest) says of a case that has no element for it."""

_NAMED, _LONGEST = 50, 500
"""Names that are kept of one kind, and characters of each."""


class _Open(NamedTuple):
    """A suite whose end has not come: the suite around it, its own tag, and the figures when it began."""

    depth: int
    name: str
    key: int
    edit: int
    said: list[int]
    tests: int
    failures: int
    errors: int
    skipped: int


class Suites:
    """The suites that are open, and the figures so far.

    Of the innermost suite ``depth`` is its element's, ``name`` its name, and ``key`` a number for its name and those of
    the suites around it. ``timed`` is the depth of a suite whose ``time`` was taken, so that its tests' is not.
    """

    def __init__(self, parser: XMLParserType, found: Scan, keys: Sequence[int]) -> None:
        """Fill ``found``; a test has been seen when its key is in ``keys``."""
        self.depth = self.key = self.timed = 0
        self.name = ""
        self.inherits = False
        self._parser, self._found, self._keys = parser, found, keys
        self._open: list[_Open] = []

    def enter(self, tag: str, attributes: dict[str, str], depth: int) -> None:
        """Take the start of an element that is no test case, and in none."""
        if depth == 1:
            self._begin(tag, attributes)
        elif depth > limits.DEPTH:
            raise Refusal(f"has more than {limits.DEPTH} elements inside each other", *place(self._parser))
        if tag == "testsuite":
            self._found.counts.suites += 1
            if not self.timed and "time" in attributes:
                self.timed = depth
                self._found.counts.seconds += seconds_of(attributes)
            self._push(attributes, depth)
            self.key = hash((self.key, attributes.get("name", "")))
        elif tag == "testsuites":
            self._push(attributes, depth)
        else:
            self.inherit(depth)
            if depth == self.depth + 1 and tag in {"error", "failure"}:
                self._found.counts.errors += 1
                _keep(self._found.failed, f"{self.name} (outside of its tests)")

    def inherit(self, depth: int) -> None:
        """Note a child of the root, where that declares something for it."""
        if self.inherits and depth == 2:  # noqa: PLR2004 - a child of the root
            self._found.edits.extend((self._parser.CurrentByteIndex, INHERITS, 0, 0, 0, 0))

    def settle(self, case: Mapping[str, str], results: int) -> None:
        """Count a test case, from its attributes and the elements in it."""
        counts = self._found.counts
        if results & _FAILURE:
            counts.failures += 1
        elif results & _ERROR:
            counts.errors += 1
        elif results & _SKIPPED or {case.get("status", "").lower(), case.get("result", "").lower()} & _NOT_RUN:
            counts.skipped += 1
        elif results & _FLAKY:
            counts.flaky += 1
        if results & (_FAILURE | _ERROR):
            _keep(self._found.failed, str(Case(self.name, case.get("classname", ""), case.get("name", ""))))

    def leave(self) -> None:
        """Take the end of the innermost suite: what it says of itself is held against what was counted."""
        opened, found = self._open.pop(), self._found
        said = opened.said
        failures, errors = found.counts.failures - opened.failures, found.counts.errors - opened.errors
        if not failures and not errors and (said[1] > 0 or said[2] > 0):
            # Nothing in the suite shows it, but to count it as passed would be the worse mistake.
            failures, errors = max(said[1], 0), max(said[2], 0)
            found.counts.failures += failures
            found.counts.errors += errors
            _keep(found.claims, self.name or found.root)
        figures = [len(self._keys) - opened.tests, failures, errors, found.counts.skipped - opened.skipped]
        found.edits[opened.edit + 2 : opened.edit + EDIT_FIELDS] = array("Q", figures)
        if figures != said:
            found.edits[opened.edit + 1] |= RECOUNTED
        if self.depth == 1:
            found.counts.tests, found.claimed = figures[0], said[0]
            found.end = self._parser.CurrentByteIndex
        if self.depth == self.timed:
            self.timed = 0
        self.depth, self.name, self.key = opened.depth, opened.name, opened.key

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if reason := root_refusal(tag):
            raise Refusal(reason, *place(self._parser))
        if sum(map(len, attributes.values())) > limits.ROOT:
            what = f"has more than {limits.ROOT:,} characters in the attributes of its root element"
            raise Refusal(what, *place(self._parser))
        found = self._found
        found.root, found.attributes, found.start = tag, attributes, self._parser.CurrentByteIndex
        self.inherits = bool(found.inherited)

    def _push(self, attributes: dict[str, str], depth: int) -> None:
        found, counts = self._found, self._found.counts
        action = INHERITS if self.inherits and depth == 2 else 0  # noqa: PLR2004 - a child of the root
        said = [_number(attributes.get(name)) for name in COUNTED]
        figures = (len(self._keys), counts.failures, counts.errors, counts.skipped)
        self._open.append(_Open(self.depth, self.name, self.key, len(found.edits), said, *figures))
        found.edits.extend((self._parser.CurrentByteIndex, action, 0, 0, 0, 0))
        self.depth, self.name = depth, attributes.get("name", "")[:_LONGEST]


def place(parser: XMLParserType) -> tuple[int, int]:
    """Return the line and the column of what is parsed, from 1."""
    return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1


def seconds_of(attributes: Mapping[str, str]) -> float:
    """Return the seconds that ``time`` says; Surefire writes thousands with a comma."""
    try:
        seconds = float(attributes.get("time", "").replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0


def _number(text: str | None) -> int:
    """Return a count: 0 where there is none, -1 where it is no number."""
    if text is None:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004


def _keep(names: list[str], name: str) -> None:
    if len(names) < _NAMED:
        names.append(name[:_LONGEST])
