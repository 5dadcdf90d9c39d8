"""Divide a merged file into parts that are no larger than a platform takes, between test cases where need be.

GitLab takes JUnit files of up to 30 MB each.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from xml.parsers import expat

from juncture.errors import UsageError
from juncture.merging.foreign import limits
from juncture.merging.foreign.tags import without
from juncture.merging.foreign.values import COUNTED
from juncture.merging.foreign.write import copy_range, read_tag

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["divide"]

_MOST = 1000
"""Parts that anybody would want."""

_MARGIN = 512
"""Bytes that a part may get beside what is copied: declaration and mark; counts and line ends of each suite."""

_SUITES = {"testsuite", "testsuites"}


class _Open(NamedTuple):
    """A suite, or the root, that is open: where its start tag stands, its name and the tag."""

    offset: int
    name: str
    tag: bytes


class _Cut(NamedTuple):
    """A place between two elements, what is open there, and the bytes that it takes to close and to open that."""

    offset: int
    open: tuple[_Open, ...] = ()
    weight: int = _MARGIN


def divide(source: BinaryIO, limit: int, folder: Path) -> list[Path]:
    """Write the parts of a file that `write_files` wrote to ``folder``, and return them in their order.

    Each is a file of its own of at most ``limit`` bytes, but where one element alone is larger. Suites that stand in
    more than one part have no counts any more, and but for the first no ``time``. Raise `UsageError` where there would
    be more parts than anybody wants.
    """
    cuts = _find_cuts(source, limit)
    size = source.seek(0, os.SEEK_END)
    parts = []
    for number, (begin, end) in enumerate(pairwise((_Cut(0), *cuts, _Cut(size)))):
        parts.append(folder / f"part-{number + 1}.xml")
        with parts[-1].open("wb") as out:
            _write(out, source, begin, end)
    return parts


def _find_cuts(source: BinaryIO, limit: int) -> list[_Cut]:
    """Return the places to cut at, each as late as the limit lets it be."""
    parser = expat.ParserCreate("utf-8", None, {})
    cuts = _Cuts(limit)
    depth = 0
    suites = [(0, _Cut(0))]  # of each open suite: its depth, and a cut in it

    def start(tag: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        suite_depth, inside = suites[-1]
        if depth != suite_depth + 1:
            return
        offset = parser.CurrentByteIndex
        if depth > 1:
            cuts.offer(inside._replace(offset=offset))
        if tag in _SUITES:
            opened = _Open(offset, tag, read_tag(source, offset))
            weight = inside.weight + len(opened.tag) + len(tag) + _MARGIN
            suites.append((depth, _Cut(0, (*inside.open, opened), weight)))

    def end(_tag: str) -> None:
        nonlocal depth
        if depth == suites[-1][0]:
            suites.pop()
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    at = 0
    while piece := _piece(source, at):  # reading a tag moves the place in the file
        parser.Parse(piece)
        at += len(piece)
    cuts.offer(_Cut(at))
    return cuts.made


class _Cuts:
    """The cuts that were made, of the places that were offered."""

    def __init__(self, limit: int) -> None:
        """Start with no cut."""
        self.made: list[_Cut] = []
        self._limit = limit
        self._begin = self._last = _Cut(0)

    def offer(self, cut: _Cut) -> None:
        """Cut at the place before, where what is before this one is too much for one part."""
        size = cut.offset - self._begin.offset + self._begin.weight + cut.weight
        if size > self._limit and self._last.offset > self._begin.offset:
            self.made.append(self._last)
            self._begin = self._last
            if len(self.made) >= _MOST:
                what = f"{self._limit / 1e6:g} MB a file would make more than {_MOST} files"
                raise UsageError(what, where="--split-mb", hint="give a larger number")
        self._last = cut


def _piece(source: BinaryIO, at: int) -> bytes:
    source.seek(at)
    return source.read(limits.PIECE)


def _write(out: BinaryIO, source: BinaryIO, begin: _Cut, end: _Cut) -> None:
    """Write what is between two cuts, inside the suites that are open there."""
    out.writelines(without(_uncounted(opened.tag), "time") for opened in begin.open)
    at = begin.offset
    for opened in end.open:
        if opened.offset >= begin.offset:
            copy_range(out, source, at, opened.offset)
            out.write(_uncounted(opened.tag))
            at = opened.offset + len(opened.tag)
    copy_range(out, source, at, end.offset)
    for opened in reversed(end.open):
        out.write(f"</{opened.name}>".encode())


def _uncounted(tag: bytes) -> bytes:
    for name in COUNTED:
        tag = without(tag, name)
    return tag
