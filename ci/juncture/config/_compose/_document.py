"""YAML as compose means it: plain values, no surprise types, nothing that grows.

The tree is built from the parser's events. PyYAML's own constructors overflow the stack on nested brackets, take the
later of two equal keys, and read ``22:22`` as a number to the base of 60.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from juncture.config._wording import quoted
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_document"]

_DEEPEST = 40
_TOO_DEEP = "exceeded maximum nesting depth"
"""What newer versions of libyaml say before the tree is built."""
_MOST_VALUES = 20_000
"""Values after aliases are followed: each alias may double what is there."""

_KNOWN = ("str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp", "binary")
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in _KNOWN)}
_MERGE = "<<"


@dataclass(slots=True)
class _Frame:
    """A table or a list that is not at its end yet."""

    value: dict[str, object] | list[object]
    anchor: str | None
    size: int = 1
    key: str | None = None
    merged: list[dict[str, object]] = field(default_factory=list)


def read_document(text: str, *, file: str) -> object:
    """Return the only document of a text: tables, lists, texts, whole numbers, booleans and None.

    Keys are texts. A number that would not be written the same again stays a text, as ``022`` and ``1.10`` do. Raise
    ``ConfigError`` with the line of what is not YAML, of a key that is there twice, and of what has no end.
    """
    try:
        import yaml  # noqa: PLC0415 - an optional library, and 10 ms
    except ImportError:
        raise ConfigError(
            "to read it, juncture needs PyYAML", where=file, hint='install it: pip install "juncture[compose]"'
        ) from None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(file).build(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it can't be parsed"
        if what == _TOO_DEEP and mark:
            place, what = f"{file}:{mark.line + 1}", f"it is nested more than {_DEEPEST} levels deep"
            raise ConfigError(what, where=place) from error
        raise ConfigError(f"not valid YAML: {what}", where=place) from error


class _Builder:
    """Build one tree from events."""

    def __init__(self, file: str) -> None:
        """Start with nothing; ``file`` is the name for messages."""
        self._file = file
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._documents: list[object] = []

    def build(self, events: Iterator[Any]) -> object:
        """Return the document that the events make; None for an empty text."""
        for event in events:
            self._line = event.start_mark.line + 1
            match type(event).__name__:
                case "DocumentStartEvent" if self._documents:
                    raise self._error("there is a second document; write one file with one document")
                case "ScalarEvent":
                    self._check_tag(event)
                    self._scalar(event)
                case "MappingStartEvent" | "SequenceStartEvent":
                    self._check_tag(event)
                    self._open({} if type(event).__name__ == "MappingStartEvent" else [], event.anchor)
                case "MappingEndEvent" | "SequenceEndEvent":
                    self._close()
                case "AliasEvent":
                    self._alias(event.anchor)
        return self._documents[0] if self._documents else None

    def _scalar(self, event: Any) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._open_key(frame, event.value)
        else:
            self._add(_resolved(event), 1, event.anchor)

    def _open_key(self, frame: _Frame, key: str) -> None:
        if key in frame.value and key != _MERGE:
            raise self._error(f"the key {quoted(key)} is there twice")
        frame.key = key

    def _open(self, value: dict[str, object] | list[object], anchor: str | None) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            raise self._error("a key has to be a text")
        if len(self._stack) >= _DEEPEST:
            raise self._error(f"it is nested more than {_DEEPEST} levels deep")
        self._stack.append(_Frame(value, anchor))

    def _close(self) -> None:
        frame = self._stack.pop()
        value = frame.value
        if isinstance(value, dict) and frame.merged:
            # The first of several has the last word, and the table itself has it over all of them.
            value = {key: each for table in (*reversed(frame.merged), value) for key, each in table.items()}
        self._add(value, frame.size, frame.anchor)

    def _alias(self, name: str) -> None:
        if name not in self._anchors:
            raise self._error(f"the alias *{name} names nothing before it, or something that it is part of")
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            raise self._error("a key has to be a text, not an alias")
        self._add(*self._anchors[name], None)

    def _add(self, value: object, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = value, size
        if not self._stack:
            self._documents.append(value)
            return
        frame = self._stack[-1]
        frame.size += size
        if frame.size > _MOST_VALUES:
            raise self._error(f"with its aliases followed it has more than {_MOST_VALUES} values")
        if isinstance(frame.value, list):
            frame.value.append(value)
            return
        key, frame.key = frame.key or "", None
        if key == _MERGE:
            frame.merged += self._tables(value)
        else:
            frame.value[key] = value

    def _tables(self, value: object) -> list[dict[str, object]]:
        every: list[object] = value if isinstance(value, list) else [value]
        tables = [each for each in every if isinstance(each, dict)]
        if len(tables) < len(every):
            raise self._error("<< takes a table, or a list of tables")
        return tables

    def _check_tag(self, event: Any) -> None:
        if event.tag not in _TAGS:
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._error(f"the tag {quoted(shown)} is not supported; write the value itself")

    def _error(self, what: str) -> ConfigError:
        return ConfigError(what, where=f"{self._file}:{self._line}")


def _resolved(event: Any) -> object:
    """Return a scalar's value by the core rules of YAML 1.2; what is quoted is a text."""
    text: str = event.value
    if event.style or event.tag == "tag:yaml.org,2002:str":
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    return int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) else text
