"""The forms of paths: one folder, a list of folders, a list of patterns."""

from __future__ import annotations

import posixpath

from juncture.config._forms import Form, Text
from juncture.config._problems import InvalidError
from juncture.config._wording import quoted, type_name

__all__ = ["Folder", "Folders", "Globs", "Inside"]


class Folder(Text):
    """A folder to write to, relative to the root or absolute."""

    def read(self, value: object) -> str:
        """Accept a path; return it without ``./``, doubled or final slashes."""
        return posixpath.normpath(super().read(value))


class Globs(Form[tuple[str, ...]]):
    """A list of patterns relative to the root, with ``/`` between the parts."""

    def __init__(self, *, least: int = 0) -> None:
        """Take how many there must be."""
        self.least = least

    def read(self, value: object) -> tuple[str, ...]:
        """Accept a list of relative patterns without repetition; tell everything that is wrong with it."""
        if isinstance(value, str):
            raise InvalidError(f"must be a list of strings, not a string; write [{quoted(value)}]")
        if not isinstance(value, list | tuple):
            raise InvalidError(f"must be a list of strings, not {type_name(value)}")
        if len(value) < self.least:
            raise InvalidError("must not be empty")
        paths: list[str] = []
        problems: list[str] = []
        for item in value:
            try:
                path = self.read_item(item)
            except InvalidError as error:
                problems.extend(error.problems)
                continue
            if path in paths:
                problems.append(f"{quoted(path)} is there twice")
            paths.append(path)
        if problems:
            raise InvalidError(*problems)
        return tuple(paths)

    def read_item(self, value: object) -> str:
        """Accept one relative pattern."""
        if not isinstance(value, str):
            raise InvalidError(f"must be a list of strings, but holds {type_name(value)}")
        if not value.strip():
            raise InvalidError("holds an empty string")
        if "\0" in value:
            raise InvalidError(f"{quoted(value)} holds a NUL character")
        if "\\" in value:
            raise InvalidError(f'{quoted(value)} has a backslash; write "/" between folders')
        if value.startswith(("/", "~")) or value[1:2] == ":":
            raise InvalidError(f"{quoted(value)} is absolute; write it relative to the folder of pyproject.toml")
        if ".." in value.split("/"):
            raise InvalidError(f'{quoted(value)} may not have ".."; name something inside the project')
        return value


class Folders(Globs):
    """A list of folders relative to the root."""

    def read_item(self, value: object) -> str:
        """Accept one folder; return it without ``./``, doubled or final slashes."""
        folder = posixpath.normpath(super().read_item(value))
        if "*" in folder or "?" in folder:
            raise InvalidError(f"{quoted(folder)} is a pattern; name each folder")
        return super().read_item(folder)


class Inside(Form[str]):
    """One file or folder of the project, relative to the root."""

    def read(self, value: object) -> str:
        """Accept a path; return it without ``./``, doubled or final slashes."""
        return Folders().read_item(Text().read(value))
