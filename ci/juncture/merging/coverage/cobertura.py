"""Read Cobertura documents as coverage writes them, join and divide them. Pure: elements and texts in, the same out."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from juncture.merging.coverage.measured import FileLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Class", "classes_of", "divided", "document"]

TAKEN = re.compile(r"\((\d+)/(\d+)\)")
"""The counts in ``condition-coverage="50% (1/2)"``."""

FRAME = 2000
"""Bytes that a document has around its classes, generously, and a class in a package of its own around itself."""


@dataclass(frozen=True, slots=True)
class Class:
    """One file's element, the package that it is in, and its lines."""

    package: str
    element: ET.Element
    lines: FileLines

    @property
    def filename(self) -> str:
        """Return the file's name, relative to the root."""
        return self.element.get("filename", "")


def classes_of(root: ET.Element) -> list[Class]:
    """Return the classes of a document; coverage writes one for each file."""
    return [
        Class(package.get("name", ""), element, _lines(element))
        for package in root.iter("package")
        for element in package.iter("class")
    ]


def document(classes: Sequence[Class], like: ET.Element) -> str:
    """Return a document of these classes, its packages and totals counted anew; ``like`` gives version and sources."""
    root = ET.Element("coverage", {name: like.get(name, "") for name in ("version", "timestamp")})
    sources = like.find("sources")
    root.append(ET.Element("sources") if sources is None else sources)
    packages = ET.SubElement(root, "packages")
    by_package: dict[str, list[Class]] = defaultdict(list)
    for each in classes:
        by_package[each.package].append(each)
    for name, members in sorted(by_package.items()):
        package = ET.SubElement(packages, "package", {"name": name, **_rates(members, like)})
        ET.SubElement(package, "classes").extend(
            each.element for each in sorted(members, key=lambda each: each.filename)
        )
    ran, statements, taken, branches = _counts(classes)
    root.attrib |= {"lines-valid": str(statements), "lines-covered": str(ran)}
    root.attrib |= {"branches-valid": str(branches), "branches-covered": str(taken), **_rates(classes, like)}
    return '<?xml version="1.0" ?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def divided(classes: Sequence[Class], limit: int) -> Iterator[list[Class]]:
    """Yield the classes in as few groups, in order, as make documents of up to ``limit`` bytes.

    A class that is larger by itself stands alone in its group.
    """
    group: list[Class] = []
    size = FRAME
    for each in classes:
        own = len(ET.tostring(each.element)) + 2 * len(each.package) + FRAME // 10
        if group and size + own > limit:
            yield group
            group, size = [], FRAME
        group.append(each)
        size += own
    if group:
        yield group


def _lines(element: ET.Element) -> FileLines:
    executed: list[int] = []
    missing: list[int] = []
    branches = taken = 0
    for line in element.iter("line"):
        (missing if line.get("hits") == "0" else executed).append(int(line.get("number", "0")))
        if match := TAKEN.search(line.get("condition-coverage", "")):
            taken += int(match[1])
            branches += int(match[2])
    return FileLines(executed=tuple(executed), missing=tuple(missing), branches=branches, taken=taken)


def _counts(classes: Iterable[Class]) -> tuple[int, int, int, int]:
    """Return how many statements ran and how many there are, and the same of the branches."""
    files = [each.lines for each in classes]
    ran = sum(len(file.executed) for file in files)
    missing = sum(len(file.missing) for file in files)
    return ran, ran + missing, sum(file.taken for file in files), sum(file.branches for file in files)


def _rates(classes: Iterable[Class], like: ET.Element) -> dict[str, str]:
    """Return the shares as coverage writes them: without branches in the whole measure theirs is 0."""
    ran, statements, taken, branches = _counts(classes)
    measured = int(like.get("branches-valid", "0")) > 0
    return {
        "line-rate": _rate(ran, statements),
        "branch-rate": _rate(taken, branches) if measured else "0",
        "complexity": "0",
    }


def _rate(part: int, whole: int) -> str:
    """Return a share that is 0 or 1 only where it is exactly that."""
    if part == whole:
        return "1"
    return f"{min(max(part / whole, 0.0001), 0.9999):.4g}" if part else "0"
