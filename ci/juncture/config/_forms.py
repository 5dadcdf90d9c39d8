"""The forms a value can have: what each accepts, what it becomes, and the sentence for anything else.

A form shows its limits as attributes, so that a schema can be generated from the table of keys.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Generic, TypeVar

from juncture.config._durations import parse_duration
from juncture.config._problems import InvalidError
from juncture.config._wording import listed, quoted, shown, suggestion, type_name

__all__ = ["Choice", "Command", "Duration", "Form", "Table", "Text", "UrlPath", "Version", "Whole"]

T = TypeVar("T")
ChoiceT = TypeVar("ChoiceT", bound=str)


class Form(Generic[T]):
    """Turn what was written into a value, or raise ``InvalidError``."""

    def read(self, value: object) -> T:
        """Read what TOML gave."""
        raise NotImplementedError

    def read_text(self, text: str) -> T:
        """Read what a variable or an option gave: the same as a TOML string, unless the form says otherwise."""
        return self.read(text)


class Text(Form[str]):
    """A text that says something."""

    def read(self, value: object) -> str:
        """Accept a text that is neither blank nor holds a NUL character."""
        if not isinstance(value, str):
            raise InvalidError(f"must be a string, not {type_name(value)}")
        if not value.strip():
            raise InvalidError("must not be empty")
        if "\0" in value:
            raise InvalidError(f"{quoted(value)} holds a NUL character")
        return value


class Version(Text):
    """A version as a text: TOML's numbers lose the last zero of ``7.10``."""

    def read(self, value: object) -> str:
        """Accept a text; tell how to write a number as one."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise InvalidError(f'must be a string, not a number; write it as a string: version = "{shown(value)}"')
        return super().read(value)


class Command(Text):
    """A command line, split into words as a shell does."""

    def read(self, value: object) -> str:
        """Accept a text whose quotes are closed."""
        text = super().read(value)
        try:
            shlex.split(text)
        except ValueError as error:
            raise InvalidError(f"{quoted(text)} is no command line: {str(error).lower()}") from None
        return text


class UrlPath(Text):
    """A path on a server of HTTP, with its query."""

    def read(self, value: object) -> str:
        """Accept printable ASCII that begins with a slash."""
        text = super().read(value)
        if not text.startswith("/") or not text.isascii() or not text.isprintable() or " " in text:
            raise InvalidError(f'{quoted(text)} is no path of a URL; write "/" or "/health"')
        return text


class Table(Form[Mapping[str, object]]):
    """A table whose keys the user chooses."""

    def read(self, value: object) -> Mapping[str, object]:
        """Accept any table; what is in it is checked by name."""
        if isinstance(value, Mapping):
            return value
        raise InvalidError(f"must be a table, not {type_name(value)}")


class Choice(Form[ChoiceT]):
    """One of a few texts."""

    def __init__(self, *choices: ChoiceT) -> None:
        """Take the texts in the order to list them."""
        self.choices = choices

    def read(self, value: object) -> ChoiceT:
        """Accept one of the choices."""
        for choice in self.choices:
            if value == choice:
                return choice
        if isinstance(value, str):
            raise InvalidError(f"unknown value {quoted(value)}.{suggestion(value, self.choices)}")
        raise InvalidError(f"must be a string, not {type_name(value)}; one of: {listed(self.choices)}")


class Whole(Form[int]):
    """A whole number within bounds."""

    def __init__(self, least: int, most: int) -> None:
        """Take the bounds, both allowed."""
        self.least = least
        self.most = most

    def read(self, value: object) -> int:
        """Accept an integer within the bounds; a boolean is none."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise InvalidError(f"must be a whole number from {self.least} to {self.most}, not {shown(value)}")
        return value

    def read_text(self, text: str) -> int:
        """Accept decimal digits."""
        # int() alone would also take other scripts and underscores, and fail on a very long text.
        if text.isascii() and text.isdigit() and len(text) <= len(str(self.most)):
            return self.read(int(text))
        return self.read(text)


class Duration(Form[float]):
    """A duration in seconds."""

    def __init__(self, longest: int) -> None:
        """Take the longest in seconds."""
        self.longest = longest

    def read(self, value: object) -> float:
        """Accept seconds, or a text with a unit."""
        return parse_duration(value, longest=self.longest)
