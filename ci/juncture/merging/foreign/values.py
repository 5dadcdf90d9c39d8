"""What is kept of one JUnit file: figures and offsets, never its text."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COUNTED", "EDIT_FIELDS", "INHERITS", "RECOUNTED", "Case", "Counts", "Scan"]

COUNTED = ("tests", "failures", "errors", "skipped")
"""The attributes of a suite that are counted anew."""

EDIT_FIELDS = 6
"""Numbers that ``Scan.edits`` has of each start tag: its offset, what to do, and the four counts."""

RECOUNTED, INHERITS = 1, 2
"""What is to be done with a start tag: write its counts, add what its dropped parent declares."""


class Case(NamedTuple):
    """What tells one test from another, and the line it stands on."""

    suite: str
    classname: str
    name: str
    line: int = 0

    def __str__(self) -> str:
        """Return the parts that there are, as one name; a class name that says the suite stands for it."""
        test = f"{self.classname}::{self.name}".removeprefix("::")
        return test if test.startswith(self.suite) else f"{self.suite} {test}"


@dataclass(slots=True)
class Counts:
    """How many tests there are, and how they ended. A flaky one passed in the end and is in no other figure."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    flaky: int = 0
    suites: int = 0
    seconds: float = 0.0

    def add(self, other: Counts) -> None:
        """Add the figures of another file."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Scan:
    """What one file holds.

    The root element starts at the byte ``start``; ``end`` is where its end tag starts, or ends where it has no content.
    ``edits`` has `EDIT_FIELDS` numbers of each start tag that can't be copied as it is, in the order of the file.
    ``failed`` are the first names of tests that failed, ``claims`` the first suites that claim failures and show none,
    ``claimed`` the number of tests that the file says it has.
    """

    counts: Counts = field(default_factory=Counts)
    root: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    edits: array[int] = field(default_factory=lambda: array("Q"))
    failed: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    claimed: int = 0

    @property
    def inherited(self) -> dict[str, str]:
        """Return what a ``testsuites`` root declares for all in it: namespaces, ``xml:space`` and the like."""
        found = self.attributes.items() if self.root == "testsuites" else ()
        return {name: value for name, value in found if name == "xmlns" or name.startswith(("xmlns:", "xml:"))}
