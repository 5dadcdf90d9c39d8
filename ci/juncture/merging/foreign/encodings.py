"""Bring a file to UTF-8, so that its bytes can be copied into another: the one form that the scan and the copy know."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

from juncture.merging.foreign import limits
from juncture.merging.foreign.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["encoding_of", "transcode"]

_HEAD = 1024
"""Bytes in which the XML declaration stands, if there is one."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    ("<?".encode("utf-16-le"), "utf-16-le"),
    ("<?".encode("utf-16-be"), "utf-16-be"),
)
"""How a file begins that says its encoding so; see appendix F of XML 1.0."""

_DECLARED = re.compile(rb"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")

_READ = re.compile(
    r"ascii|iso8859-\d+|latin_1|cp125\d|cp437|cp850|cp85[28]|cp866|cp932|cp949|cp950|koi8-[rtu]|mac-roman"
    r"|shift_jis|euc_jp|euc_jis_2004|iso2022_jp|gb2312|gbk|gb18030|big5|euc_kr",
)
"""Codecs that text in XML may be in. Others, such as ``unicode_escape``, are no encodings of text, or take
the square of the time."""


def encoding_of(head: bytes) -> str:
    """Return the codec that a file is written in, from its first bytes; ``"utf-8"`` also for plain ASCII.

    Raise `Refusal` for an encoding that is not read.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    declared = _DECLARED.match(head[:_HEAD])
    if declared is None:
        return "utf-8"
    name = declared[1].decode("ascii")
    column = declared.start(1) + 1
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        raise Refusal(f'says that it is in "{name}", an encoding that nobody knows', 1, column) from None
    if codec in {"utf-8", "ascii"}:
        return "utf-8"
    if codec.startswith(("utf-16", "utf-32")):
        raise Refusal(f"says that it is in {name}, and is not", 1, column)
    if not _READ.fullmatch(codec):
        raise Refusal(f'says that it is in "{name}", which is not read', 1, column)
    return codec


def transcode(file: BinaryIO, encoding: str, target: Path) -> None:
    """Write the text of ``file``, which is read from its start, to ``target`` in UTF-8.

    Lines and columns stay what they were. Raise `Refusal` where a byte is none of the encoding's; how far the text goes
    until there is said as a line.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with target.open("wb") as out:
        while True:
            piece = file.read(limits.PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
                data = text.encode("utf-8")
            except UnicodeError as error:
                before = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
                reason = f"is not in {encoding}, as it says: {getattr(error, 'reason', error)}"
                raise Refusal(reason, line + before.count(b"\n"), 1) from None
            line += text.count("\n")
            out.write(data)
            if not piece:
                return
