"""Texts of others as they can be shown: whatever a test prints, it colours nothing, turns nothing and hides nothing."""

from __future__ import annotations

import re

__all__ = ["visible"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""Select Graphic Rendition of ECMA-48, section 8.3.117: what terminals colour text by."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
"""What would be invisible, turn the text around it (bidirectional controls), or is not allowed in HTML at all.

The zero-width joiners stay: emoji and several scripts are made with them.
"""


def visible(text: str) -> str:
    """Return ``text`` without a terminal's colours; characters that nobody would see are written out, as ␀ is."""
    plain = _COLOURS.sub("", text) if "\x1b" in text else text
    return _UNSEEN.sub(_written_out, plain.replace("\r\n", "\n"))


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:  # noqa: PLR2004 - the control characters have pictures from U+2400 on
        return chr(0x2400 + code)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
