"""Write the files that were read as one: their bytes are copied, and only start tags that say something wrong change.

That is safe because of what was made sure of before: a file is well-formed UTF-8, has no DOCTYPE and so no entities of
its own, and what its dropped root declares for the elements in it is added to each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from juncture.merging.foreign.tags import add_inherited, attributes_text, recount, tag_length
from juncture.merging.foreign.values import COUNTED, EDIT_FIELDS, INHERITS, RECOUNTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.foreign.read import Input
    from juncture.merging.foreign.values import Counts

__all__ = ["copy_range", "read_tag", "write_files"]

_PIECE = 1 << 20
_TAG = 1 << 12
_END = b"</testsuites>\n"


def write_files(out: BinaryIO, files: Sequence[Input], counts: Counts, *, comment: str = "") -> None:
    """Write a ``testsuites`` element with the suites of all ``files``, in their order, and ``counts``.

    Attributes of their ``testsuites`` elements are kept where all files have them, with the same value. Raise
    `IncompleteError` where a file is not what was read any more.
    """
    out.write(b'<?xml version="1.0" encoding="utf-8"?>\n')
    if comment:
        out.write(f"{comment}\n".encode())
    figures = {name: str(getattr(counts, name)) for name in COUNTED}
    attributes = {**_agreed(files), **figures, "time": f"{counts.seconds:.3f}"}
    out.write(f"<testsuites{attributes_text(attributes)}>\n".encode())
    for file in files:
        with file.open() as source:
            _write_file(out, source, file)
        out.write(b"\n")
    out.write(_END)


def read_tag(source: BinaryIO, offset: int) -> bytes:
    """Return the tag that starts at ``offset``; there must be one."""
    size = _TAG
    while True:
        source.seek(offset)
        data = source.read(size)
        if (length := tag_length(data)) or len(data) < size:
            return data[: length or len(data)]
        size *= 4


def copy_range(out: BinaryIO, source: BinaryIO, start: int, end: int) -> None:
    """Copy the bytes from ``start`` to ``end``; raise `EOFError` where there are fewer."""
    source.seek(start)
    while start < end:
        piece = source.read(min(_PIECE, end - start))
        if not piece:
            raise EOFError
        out.write(piece)
        start += len(piece)


def _write_file(out: BinaryIO, source: BinaryIO, file: Input) -> None:
    """Write a root ``testsuite`` whole, and of a root ``testsuites`` what is in it."""
    scan = file.scan
    if scan.root == "testsuites":
        at = scan.start + len(read_tag(source, scan.start))
        end = max(at, scan.end)
    else:
        at = scan.start
        # The end tag follows, but for an element without content, which has ended there.
        source.seek(scan.end)
        ends_in_tag = source.read(2) == b"</" and scan.end > scan.start
        end = scan.end + (len(read_tag(source, scan.end)) if ends_in_tag else 0)
    for number in range(0, len(scan.edits), EDIT_FIELDS):
        offset, action, *counts = scan.edits[number : number + EDIT_FIELDS]
        if offset < at:  # the root's own tag, which is not copied
            continue
        copy_range(out, source, at, offset)
        tag = read_tag(source, offset)
        at = offset + len(tag)
        if action & RECOUNTED:
            tag = recount(tag, counts)
        if action & INHERITS:
            tag = add_inherited(tag, scan.inherited)
        out.write(tag)
    copy_range(out, source, at, end)


def _agreed(files: Sequence[Input]) -> dict[str, str]:
    """Return what all ``testsuites`` elements say alike; names with a prefix need a declaration, and are left out."""
    roots = [file.scan.attributes if file.scan.root == "testsuites" else {} for file in files]
    first = roots[0] if roots else {}
    own = {*COUNTED, "time", "xmlns"}
    return {
        name: value
        for name, value in first.items()
        if name not in own and ":" not in name and all(root.get(name) == value for root in roots)
    }
