"""The file ``.env`` beside a compose file: lines of ``NAME=value``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.config._compose._interpolation import interpolated
from juncture.config._problems import InvalidError
from juncture.config._wording import quoted
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_dotenv"]

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:[=:]\s*(.*))?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


def read_dotenv(text: str, environ: Mapping[str, str], *, file: str) -> dict[str, str]:
    """Return the variables of the file.

    Single quotes keep everything as it is; in double quotes and without quotes, variables of the environment and of
    lines before are replaced; without quotes a ``#`` after a blank begins a comment. Raise ``ConfigError`` with the
    line.
    """
    found: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigError(f"{quoted(line)} is no NAME=value", where=f"{file}:{number}")
        if match[2] is None:  # a name alone hands the variable of the environment on
            continue
        try:
            found[match[1]] = _value(match[2], {**found, **environ})
        except InvalidError as error:
            raise ConfigError(error.problems[0], where=f"{file}:{number}") from None
    return found


def _value(text: str, variables: Mapping[str, str]) -> str:
    if text[:1] in ("'", '"'):
        quote = text[0]
        match = re.match(r"'([^']*)'" if quote == "'" else r'"((?:[^"\\]|\\.)*)"', text)
        if match is None:
            raise InvalidError(f"{quoted(text)} has a quote that is not closed on its line")
        if rest := re.sub(r"^\s+#.*", "", text[match.end() :]).strip():
            raise InvalidError(f"{quoted(rest)} stands after the closing quote")
        if quote == "'":
            return match[1]
        unescaped = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), match[1])
        return interpolated(unescaped, variables, set())
    return interpolated(re.sub(r"(?:^|\s+)#.*$", "", text).strip(), variables, set())
