"""Compare JUnit files by what they hold, with the standard library's own reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = ("tests", "failures", "errors", "skipped")

JUNIT = '<testsuite name="s"><testcase classname="c" name="n"/></testsuite>'
"""A file with one test that passed."""


def contents(path: Path) -> list[Any]:
    """Return what is in the root of a file, or the root where that is a suite, without the counts of suites."""
    root = ET.parse(path).getroot()  # noqa: S314 - written by a test, or in the repository
    return [_plain(each) for each in ([root] if root.tag == "testsuite" else root)]


def counts_of(path: Path) -> list[int]:
    """Return the counts that the root of a file says."""
    root = ET.parse(path).getroot()  # noqa: S314
    return [int(root.attrib[name]) for name in COUNTED]


def _plain(element: ET.Element) -> Any:
    """Return an element as values: name, attributes, text before and after each child, children."""
    suite = element.tag == "testsuite"
    attributes = {name: value for name, value in element.attrib.items() if not (suite and name in COUNTED)}
    children = [(_plain(child), (child.tail or "").strip()) for child in element]
    return (element.tag, attributes, (element.text or "").strip(), children)
