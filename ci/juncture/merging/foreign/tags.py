"""Edit one start tag as the bytes it is: attributes keep their order, their quotes and the space between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.merging.foreign.values import COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["add_inherited", "attributes_text", "recount", "tag_length", "without"]

_TAG = re.compile(rb"""<[^"'>]*+(?:"[^"]*+"[^"'>]*+|'[^']*+'[^"'>]*+)*+>""")
_NAME = re.compile(rb"""<[^\s/>]++""")
_ATTRIBUTE = re.compile(rb"""\s++([^\s=/>]++)\s*+=\s*+("[^"]*+"|'[^']*+')""")
"""Nothing is tried twice, and each match begins where the last ended: a tag may be long, and hostile."""


def tag_length(data: bytes) -> int:
    """Return the length of the tag that ``data`` starts with, 0 where its end is not there yet."""
    found = _TAG.match(data)
    return found.end() if found else 0


def recount(tag: bytes, counts: Sequence[int]) -> bytes:
    """Return a suite's start tag with these counts, in the order of `COUNTED`; a count of 0 is not added."""
    for name, count in zip(COUNTED, counts, strict=True):
        tag = _set(tag, name.encode(), str(count).encode(), add=count > 0)
    return tag


def add_inherited(tag: bytes, inherited: Mapping[str, str]) -> bytes:
    """Return a start tag with what its former parent declared, but for what it declares itself."""
    own = {found[1] for found in _attributes(tag)}
    missing = {name: value for name, value in inherited.items() if name.encode() not in own}
    return _append(tag, attributes_text(missing).encode())


def without(tag: bytes, name: str) -> bytes:
    """Return a start tag without one of its attributes."""
    for found in _attributes(tag):
        if found[1] == name.encode():
            return tag[: found.start()] + tag[found.end() :]
    return tag


def attributes_text(attributes: Mapping[str, str]) -> str:
    """Return attributes as they stand in a tag, with a space before each."""
    return "".join(f' {name}="{value.translate(_ESCAPES)}"' for name, value in attributes.items())


_ESCAPES = str.maketrans(
    # A reader takes a bare line end or tab in an attribute for a space.
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def _attributes(tag: bytes) -> Iterator[re.Match[bytes]]:
    """Return each attribute with the space before it."""
    found = _NAME.match(tag)
    while found and (found := _ATTRIBUTE.match(tag, found.end())):
        yield found


def _set(tag: bytes, name: bytes, value: bytes, *, add: bool) -> bytes:
    for found in _attributes(tag):
        if found[1] == name:
            return tag[: found.start(2)] + b'"' + value + b'"' + tag[found.end(2) :]
    return _append(tag, b" " + name + b'="' + value + b'"') if add else tag


def _append(tag: bytes, text: bytes) -> bytes:
    end = len(tag) - (2 if tag.endswith(b"/>") else 1)
    head = tag[:end].rstrip() if text else tag[:end]
    return head + text + tag[end:]
