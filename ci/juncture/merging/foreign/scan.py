"""Read one JUnit file, once, as a stream."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, BinaryIO
from xml.parsers import expat

from juncture.merging.foreign import limits
from juncture.merging.foreign.refusal import Refusal
from juncture.merging.foreign.suites import RESULTS, Suites, place, seconds_of
from juncture.merging.foreign.values import EDIT_FIELDS, Case, Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["scan"]

_ENDS_EARLY = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]


def scan(file: BinaryIO, keys: array[int], *, each: Callable[[Case], None] | None = None) -> Scan:
    """Read UTF-8 ``file`` from its start; append a 64-bit key of each case to ``keys``, the same for the same names.

    ``each`` is told every case. Raise `Refusal` where the file is no JUnit file, or none that can be merged whole;
    ``keys`` may then have keys of its first cases.
    """
    names: dict[str, str] = {}
    # The encoding is given, so that a declaration that names another one does not count: see `encodings`.
    parser = expat.ParserCreate("utf-8", None, names)
    if hasattr(parser, "SetReparseDeferralEnabled"):  # from Python 3.11.9, 3.12.3 and 3.13 on
        # expat 2.6 waits with an unfinished tag until twice as much is there; `limits.TOKEN` makes that needless here,
        # and is to count one tag only.
        parser.SetReparseDeferralEnabled(False)  # noqa: FBT003 - it takes no name
    found = Scan()
    parser.StartElementHandler, parser.EndElementHandler = _handlers(parser, found, keys, each)

    def refuse_doctype(*_: object) -> None:
        raise Refusal("has a DOCTYPE: entities and external files are never read", *place(parser))

    parser.StartDoctypeDeclHandler = refuse_doctype
    fed, before = 0, len(keys)
    try:
        while piece := file.read(limits.PIECE):
            parser.Parse(piece)
            fed += len(piece)
            for what, number, limit in (
                ("bytes in one tag or comment", fed - parser.CurrentByteIndex, limits.TOKEN),
                ("distinct names of elements and attributes", len(names), limits.NAMES),
                ("suites", len(found.edits) // EDIT_FIELDS, limits.SUITES),
                ("cases", len(keys) - before, limits.CASES),
            ):
                if number > limit:
                    raise Refusal(f"has more than {limit:,} {what}", *place(parser))
        if not fed:
            raise Refusal("is empty")
        parser.Parse(b"", True)  # noqa: FBT003 - it takes no name: this is the end
    except expat.ExpatError as error:
        early = error.code == _ENDS_EARLY
        reason = "the file ends before its last element does" if early else expat.ErrorString(error.code)
        raise Refusal(f"is not well-formed XML: {reason}", error.lineno, error.offset + 1) from None
    found.edits = _needed(found.edits)
    return found


def _handlers(  # noqa: C901 - see below
    parser: expat.XMLParserType, found: Scan, keys: array[int], each: Callable[[Case], None] | None
) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
    """Return what takes the start and the end of each element.

    They run once for each, and their state is local, which takes half the time that attributes would.
    """
    add_key, counts, suites = keys.append, found.counts, Suites(parser, found, keys)
    depth = case_depth = suite_depth = suite_key = timed = results = 0
    case: Mapping[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, case_depth, suite_depth, suite_key, timed, results, case
        depth += 1
        if case_depth:
            if depth == case_depth + 1:
                results |= RESULTS.get(tag, 0)
            elif depth > limits.DEPTH:
                raise Refusal(f"has more than {limits.DEPTH} elements inside each other", *place(parser))
        elif tag == "testcase" and suite_depth:
            case_depth, case, results = depth, attributes, 0
            add_key(hash((suite_key, attributes.get("classname"), attributes.get("name"))))
            if not timed:
                counts.seconds += seconds_of(attributes)
            if depth == 2:  # noqa: PLR2004 - a child of the root
                suites.inherit(depth)
            if each is not None:
                names = attributes.get("classname", ""), attributes.get("name", "")
                each(Case(suites.name, *names, parser.CurrentLineNumber))
        else:
            suites.enter(tag, attributes, depth)
            suite_depth, suite_key, timed = suites.depth, suites.key, suites.timed

    def end(_tag: str) -> None:
        nonlocal depth, case_depth, suite_depth, suite_key, timed
        if depth == case_depth:
            if results or "status" in case or "result" in case:
                suites.settle(case, results)
            case_depth = 0
        elif depth == suite_depth:
            suites.leave()
            suite_depth, suite_key, timed = suites.depth, suites.key, suites.timed
        depth -= 1

    return start, end


def _needed(edits: array[int]) -> array[int]:
    """Return the edits that have something to do."""
    needed = array("Q")
    for at in range(0, len(edits), EDIT_FIELDS):
        if edits[at + 1]:
            needed.extend(edits[at : at + EDIT_FIELDS])
    return needed
