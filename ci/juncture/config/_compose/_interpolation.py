"""Variables in the values of a compose file: ``$NAME``, ``${NAME}`` and what may follow a name in braces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.config._problems import InvalidError
from juncture.config._wording import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["interpolated"]

_DEEPEST = 20
_START = re.compile(r"\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(:?[-?+]|\}))")


def interpolated(text: str, variables: Mapping[str, str], unset: set[str]) -> str:
    """Return the text with its variables replaced, as compose does it.

    ``${A:-x}`` and ``${A-x}`` give a default, ``${A:+x}`` and ``${A+x}`` another text where there is a value,
    ``${A:?x}`` and ``${A?x}`` refuse with a sentence; a colon counts what is empty as not set; ``$$`` is a dollar sign.
    A variable that is not set is blank, and its name is added to ``unset``. Raise ``InvalidError`` for any other dollar
    sign.
    """
    if "$" not in text:
        return text
    return _expanded(text, 0, variables, unset, 0)[0]


def _expanded(text: str, at: int, variables: Mapping[str, str], unset: set[str], depth: int) -> tuple[str, int]:
    """Expand from one position to the end, or inside of braces to the one that closes them; return where that was."""
    if depth > _DEEPEST:
        raise InvalidError(f"{quoted(text)} has defaults in defaults, more than {_DEEPEST} deep")
    parts: list[str] = []
    while at < len(text):
        if depth and text[at] == "}":
            return "".join(parts), at + 1
        if text[at] != "$":
            parts.append(text[at])
            at += 1
            continue
        match = _START.match(text, at)
        if match is None:
            raise InvalidError(f"{quoted(text[at : at + 20])} is no variable; write ${{NAME}}, or $$ for a dollar sign")
        at = match.end()
        name = match[1] or match[2]
        if not name:
            parts.append("$")
        elif match[1] or match[3] == "}":
            parts.append(_value(name, variables, unset))
        else:
            # What is not used is read too, to find its end; variables in it are then nobody's loss.
            lost: set[str] = set()
            word, at = _expanded(text, at, variables, lost, depth + 1)
            value, used = _chosen(name, match[3], word, variables)
            parts.append(value)
            unset |= lost if used else set()
    if depth:
        raise InvalidError(f"{quoted(text)} has a brace that is not closed")
    return "".join(parts), at


def _value(name: str, variables: Mapping[str, str], unset: set[str]) -> str:
    if name not in variables:
        unset.add(name)
    return variables.get(name, "")


def _chosen(name: str, operator: str, word: str, variables: Mapping[str, str]) -> tuple[str, bool]:
    """Return what a variable with an operator stands for, and whether that is the word after it."""
    value = variables.get(name)
    there = bool(value) if operator.startswith(":") else value is not None
    match operator[-1]:
        case "+":
            return (word, True) if there else ("", False)
        case "?" if not there:
            raise InvalidError(f"the variable {name} is not set{f': {word}' if word else ''}")
        case "-" if not there:
            return word, True
        case _:
            return value or "", False
