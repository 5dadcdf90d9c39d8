r"""Regular expressions of the JSON Schema: what each form accepts, in the dialect that every validator knows.

They hold in ECMA-262, Python and Rust alike. No ``$`` stands where Python would also match before a last newline, and
no ``\s`` stands for blanks, of which each dialect has a list of its own: ``str.strip`` has the one that counts here.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "BLANK",
    "CLOSED_QUOTES",
    "DRIVE_OR_HOME",
    "END",
    "JUNCTURES_OWN",
    "NAME",
    "NORMALLY_BLANK",
    "NORMALLY_DRIVE_OR_HOME",
    "PARENT",
    "PORT",
    "at_most",
    "duration",
    "template",
]

END = r"(?![\s\S])"


def _ranges(numbers: Iterable[int]) -> Iterator[str]:
    """Yield what a character class has of these code points."""
    for _, run in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]):
        points = [point for _, point in run]
        yield f"\\u{points[0]:04x}" + (f"-\\u{points[-1]:04x}" if len(points) > 1 else "")


BLANK = "".join(_ranges(point for point in range(0x10000) if chr(point).isspace()))
"""The inside of a class of the characters that ``str.strip`` takes off; none lies beyond the first plane."""

NAME = "[a-z][a-z0-9-]{0,31}"
"""A service or an integration point."""

PORT = "[1-9][0-9]{0,4}"
"""The number of a port, as it stands in the name of an attribute; those beyond 65535 are the parser's to refuse."""

JUNCTURES_OWN = "^" + "".join(f"[{letter}{letter.lower()}]" for letter in "JUNCTURE") + "_"
"""The beginning of a variable's name that is reserved, in any case."""

PARENT = r"(?:^|/)\.\.(?![^/])"
"""A part of a path that leads out of its folder."""

DRIVE_OR_HOME = r"^[/~]|^[\s\S]:"
"""The beginning of an absolute path."""

_HERE = r"^(?:\./+)*"
"""What normalizing takes off the beginning of a path."""

NORMALLY_DRIVE_OR_HOME = rf"{_HERE}(?:~|[^/]:)"
"""A path that is absolute once it is normalized."""

NORMALLY_BLANK = rf"{_HERE}[{BLANK}]+(?:/+\.)*/*{END}"
"""A path that is blank once it is normalized."""

CLOSED_QUOTES = rf"""^(?:[^\\"']|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")*{END}"""
"""A command line that ``shlex.split`` can split."""


def template(attributes: Iterable[str], *, own: bool) -> str:
    """Return the pattern of a text with fields; ``own`` allows an attribute alone, as in ``{port}``."""
    service = rf"(?:{NAME}\.)?" if own else rf"{NAME}\."
    return rf"^(?:[^{{}}]|\{{\{{|\}}\}}|\{{{service}(?:{'|'.join(sorted(attributes))})\}})*{END}"


def duration(longest: int) -> str:
    """Return the pattern of a duration as a text, up to ``longest`` seconds, which are whole hours."""
    numbers = f"{at_most(longest)} ?s?|{at_most(longest // 60)} ?m|{at_most(longest // 3600)} ?h"
    return f"^[{BLANK}]*(?:{numbers})[{BLANK}]*{END}"


def at_most(limit: int) -> str:
    """Return the pattern of the decimal numbers from 0 to ``limit``, with or without a fraction."""
    return rf"(?:0*(?:{'|'.join(_below(str(limit)))})(?:\.[0-9]+)?|0*{limit}(?:\.0+)?)"


def _below(digits: str) -> Iterator[str]:
    """Yield patterns that together match every whole number below the one of these digits."""
    if len(digits) > 1:
        yield f"[0-9]{{1,{len(digits) - 1}}}"
    for at, digit in enumerate(digits):
        if digit != "0":
            rest = len(digits) - at - 1
            yield f"{digits[:at]}[0-{int(digit) - 1}]" + (f"[0-9]{{{rest}}}" if rest else "")
