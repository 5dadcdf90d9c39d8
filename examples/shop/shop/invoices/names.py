"""Which file names the shop accepts from outside."""

from __future__ import annotations

import re

from shop.errors import InvalidNameError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\.pdf")


def copy_name(raw: str) -> str:
    """Return the name of a signed copy as it is; ``InvalidNameError`` for all but a plain ``….pdf``.

    A name is refused, not mended: two names that differ for the client must not become one file.
    """
    if not _NAME.fullmatch(raw):
        raise InvalidNameError("a file name is letters, digits, - and _, 80 at most, and ends in .pdf")
    return raw
