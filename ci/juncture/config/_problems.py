"""The problems found in one declaration, collected so that the user meets them all at once."""

from __future__ import annotations

from juncture.config._wording import shortened
from juncture.errors import ConfigError

__all__ = ["InvalidError", "Problems"]

_MOST_SHOWN = 8
_LONGEST_PLACE = 120
_LONGEST_SENTENCE = 270


class InvalidError(Exception):
    """Carry what is wrong with one value, up to the code that knows where the value stands."""

    def __init__(self, *problems: str) -> None:
        """Take one sentence per problem."""
        self.problems = problems
        super().__init__(*problems)


class Problems:
    """Collect problems with their places, and raise them as one error."""

    def __init__(self) -> None:
        """Start without a problem."""
        self._found: list[tuple[str, str]] = []

    def add(self, where: str, *whats: str) -> None:
        """Note what is wrong at one place: a file and a dotted key, a variable or an option."""
        place = shortened(where, _LONGEST_PLACE)
        self._found.extend((place, shortened(what, _LONGEST_SENTENCE)) for what in whats)

    def raise_any(self) -> None:
        """Raise ``ConfigError`` if there is a problem.

        A single one is the error itself; several are listed one per line, at most eight, in the order they were found.
        """
        if not self._found:
            return
        if len(self._found) == 1:
            where, what = self._found[0]
            raise ConfigError(what, where=where)
        lines = [f"{where}: {what}" for where, what in self._found[:_MOST_SHOWN]]
        more = len(self._found) - _MOST_SHOWN
        if more > 0:
            lines.append(f"and {more} more")
        raise ConfigError("\n  ".join([f"{len(self._found)} problems in the declaration", *lines]))
