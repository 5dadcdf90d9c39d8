"""The forms a value can have: what each accepts, what it becomes, and the sentence for anything else.

A form shows its limits as attributes, so that a schema can be generated from the table of keys.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from typing import Generic, TypeVar

from juncture.config._durations import parse_duration
from juncture.config._problems import InvalidError
from juncture.config._wording import listed, quoted, shown, suggestion, type_name

__all__ = [
    "Choice",
    "Command",
    "Day",
    "Digest",
    "Duration",
    "Form",
    "Image",
    "Matching",
    "Percent",
    "Switch",
    "Table",
    "Text",
    "UrlPath",
    "Version",
    "Whole",
]

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

    def written(self, value: T) -> object:
        """Return a value as TOML has it, the reverse of ``read``."""
        return list(value) if isinstance(value, tuple) else value


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


class Matching(Text):
    """A text that one regular expression describes, which a schema can have too."""

    pattern = ""

    def read(self, value: object) -> str:
        """Accept what matches in full."""
        text = super().read(value)
        if re.fullmatch(self.pattern, text) is None:
            raise InvalidError(f"{quoted(text)} is {self.advice(text)}")
        return text

    def advice(self, text: str) -> str:
        """Return what a text is not, and what to write instead."""
        raise NotImplementedError


class Image(Matching):
    """The reference of a container image, as engines read it."""

    _WORD = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    _PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    pattern = (
        rf"(?:{_WORD}(?:\.{_WORD})*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
        r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
    )

    def advice(self, text: str) -> str:
        """Offer the text in lower case where that is an image."""
        if re.fullmatch(self.pattern, text.strip().lower()):
            return f"no image. Did you mean {quoted(text.strip().lower())}?"
        return 'no image; write "postgres:16-alpine" or "registry.example.com/team/db@sha256:..."'


class Digest(Matching):
    """What an image is by its content."""

    pattern = "sha256:[0-9a-f]{64}"

    def advice(self, text: str) -> str:
        """Offer the algorithm where only that is missing."""
        if re.fullmatch(self.pattern, f"sha256:{text}"):
            return f'no digest; write "sha256:" before it: "sha256:{text[:8]}..."'
        return 'no digest; write "sha256:" and 64 of 0-9 and a-f, as `docker images --digests` shows it'


class Switch(Form[bool]):
    """On or off."""

    def read(self, value: object) -> bool:
        """Accept a boolean."""
        if not isinstance(value, bool):
            raise InvalidError(f"must be true or false, not {shown(value)}")
        return value

    def read_text(self, text: str) -> bool:
        """Accept a boolean as TOML writes it, or as a digit."""
        if text.lower() not in ("1", "true", "0", "false"):
            raise InvalidError(f"must be 1, true, 0 or false, not {quoted(text)}")
        return text.lower() in ("1", "true")


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


class Percent(Form[float | None]):
    """A share in percent; the default of a key, None, can't be written."""

    def read(self, value: object) -> float:
        """Accept a number from 0 to 100; a boolean is none."""
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
        if not 0 <= number <= 100:  # noqa: PLR2004 - what percent means; also false for nan
            raise InvalidError(f"must be a number from 0 to 100, not {shown(value)}")
        return float(number)


class Duration(Form[float]):
    """A duration in seconds."""

    def __init__(self, longest: int) -> None:
        """Take the longest in seconds."""
        self.longest = longest

    def read(self, value: object) -> float:
        """Accept seconds, or a text with a unit."""
        return parse_duration(value, longest=self.longest)


class Day(Form[date]):
    """A day of the calendar."""

    def read(self, value: object) -> date:
        """Accept a date as TOML has it, or as a text."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise InvalidError(f"must be a day such as 2026-12-31, not {shown(value)}")

    def written(self, value: date) -> object:
        """Return the day as a text, which editors and TOML both take."""
        return value.isoformat()
