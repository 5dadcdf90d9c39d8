"""Tests of ``juncture.merging.foreign.encodings``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from juncture.merging.foreign import limits
from juncture.merging.foreign.encodings import encoding_of, transcode
from juncture.merging.foreign.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"", "utf-8"),
        (b"<testsuite/>", "utf-8"),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-16'?>", "utf-8"),
        (b"<?xml version='1.0' encoding='UTF-8'?>", "utf-8"),
        (b"<?xml version='1.0' encoding='us-ascii'?>", "utf-8"),
        (b'<?xml version="1.0"\n encoding = "ISO-8859-1"?>', "iso8859-1"),
        (b"<?xml version='1.0' encoding='windows-1252'?>", "cp1252"),
        (b"<?xml version='1.0' encoding='Shift_JIS'?>", "shift_jis"),
        ("<?xml?>".encode("utf-16"), "utf-16"),
        ("<?xml?>".encode("utf-16-be"), "utf-16-be"),
        ("<?xml?>".encode("utf-32"), "utf-32"),
        (b"<testsuite name=\"<?xml version='1.0' encoding='latin-1'?>\"/>", "utf-8"),
    ],
)
def test_first_bytes_tell_the_encoding(head: bytes, encoding: str) -> None:
    """A mark goes before a declaration, and only a declaration at the very start is one."""
    assert encoding_of(head) == encoding


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("klingon", "nobody knows"),
        ("utf-16", "and is not"),
        ("unicode_escape", "not read"),
        ("utf-7", "not read"),
        ("idna", "not read"),
        ("zlib", "not read"),
        ("punycode", "not read"),
    ],
)
def test_encoding_that_is_not_read_is_refused_at_its_name(name: str, reason: str) -> None:
    """Python knows codecs that are no encodings, or decode in a square of the time."""
    with pytest.raises(Refusal, match=reason) as refused:
        encoding_of(f"<?xml version='1.0' encoding='{name}'?>".encode())
    assert (refused.value.line, refused.value.column) == (1, 31)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "iso8859-1", "shift_jis", "gb18030"])
def test_text_comes_out_in_utf_8(tmp_path: Path, encoding: str) -> None:
    """Also where a character stands across two pieces."""
    text = "x" + ("\N{DEGREE SIGN}" if encoding != "iso8859-1" else "\xe9") * (limits.PIECE // 2 + 3)
    transcode(io.BytesIO(text.encode(encoding)), encoding, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8").removeprefix("\ufeff") == text


@pytest.mark.parametrize(
    ("data", "encoding", "line"),
    [(b"a\nb\n\x81", "cp1252", 3), (b"\xff\xfea\x00\n\x00b", "utf-16", 2), (b"\x00\xd8a\x00", "utf-16-le", 1)],
)
def test_byte_that_is_none_of_the_encodings_is_refused(tmp_path: Path, data: bytes, encoding: str, line: int) -> None:
    """The line tells where; half a character at the end is wrong too, and so is a lone surrogate."""
    with pytest.raises(Refusal, match="is not in") as refused:
        transcode(io.BytesIO(data), encoding, tmp_path / "out")
    assert refused.value.line in {line, 1}
