"""One key after the other out of the four layers, with a note of every source and every problem."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, assert_never

from juncture.config._problems import InvalidError, Problems
from juncture.config._wording import dotted, listed, quoted, suggestion, type_name
from juncture.config.types import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from juncture.config._keys import Key

__all__ = ["Reader", "below"]

T = TypeVar("T")


class Reader:
    """Read keys by layer: default < pyproject < environment < command line.

    A value that is wrong in any layer is a problem, even where a later layer overrides it. Problems are collected;
    ``finish`` raises them.
    """

    def __init__(
        self,
        where: str,
        environ: Mapping[str, str],
        overrides: Mapping[str, str],
        origins: Mapping[str, Source] = MappingProxyType({}),
    ) -> None:
        """Take the name of the file, and the texts of the two outer layers.

        ``origins`` tells of dotted keys in the table that stand in another file.
        """
        self.sources: dict[str, Source] = {}
        self._where = where
        self._environ = environ
        self._overrides = overrides
        self._origins = origins
        self._problems = Problems()
        self._broken: set[str] = set()
        self._overridable: list[str] = []

    def add(self, path: str, *whats: str) -> None:
        """Note what is wrong with a dotted key, at the place that its value came from."""
        self._add_at(self.sources.get(path) or self._in_file(path), path, whats)

    def written(self, path: str) -> None:
        """Note that the value at a dotted key stands in the file."""
        self.sources[path] = self._in_file(path)

    def sound(self, *paths: str) -> bool:
        """Tell whether no problem was noted at any of the dotted keys."""
        return self._broken.isdisjoint(paths)

    def table(self, value: object, path: str) -> Mapping[str, object]:
        """Return the value as a table; where it is something else, note that and return an empty one."""
        if isinstance(value, Mapping):
            return value
        self.add(path, f"must be a table, not {type_name(value)}")
        return {}

    def check_keys(self, table: Mapping[str, object], path: str, allowed: Sequence[str]) -> None:
        """Note each key of the table at ``path`` that is not allowed there."""
        for name in table:
            if name not in allowed:
                self.add(below(path, name), f"unknown key.{suggestion(name, allowed)}")

    def value(self, key: Key[T], table: Mapping[str, object], path: str = "", service: str = "") -> T:
        """Return the value of one key of the table at ``path`` and note its source.

        ``service`` is the name for the variable that overrides the key. After a problem the default is returned, so
        that reading can go on.
        """
        place = below(path, key.name)
        value, source = key.default, Source("default", "")
        for layer_source, read in self._given(key, table, place, service):
            source = layer_source
            try:
                value = read()
            except InvalidError as error:
                self._add_at(source, place, error.problems)
        if key.required and key.name not in table:
            self._broken.add(place)
            self.add(path, f"{quoted(key.name)} is missing; for example {key.name} = {key.example}")
        self.sources[place] = source
        return value

    def finish(self) -> None:
        """Raise ``ConfigError`` if anything was wrong, overrides of no known key included."""
        for path in self._overrides:
            if path not in self._overridable and not any(path.startswith(f"{broken}.") for broken in self._broken):
                advice = suggestion(path, self._overridable)
                self._add_at(Source("command line", path), path, [f"unknown key.{advice}"])
        self._problems.raise_any()

    def _given(
        self, key: Key[T], table: Mapping[str, object], place: str, service: str
    ) -> Iterator[tuple[Source, Callable[[], T]]]:
        """Yield each layer that has the key, and how to read it there."""
        if key.name in table:
            yield self._in_file(place), partial(key.form.read, table[key.name])
        if not key.variable:
            return
        self._overridable.append(place)
        variable = key.variable.replace("*", service.upper().replace("-", "_"))
        # Set but empty counts as not set: a CI template often has no other way to leave a variable out.
        text = self._environ.get(variable, "").strip()
        if text:
            yield Source("environment", variable), partial(key.form.read_text, text)
        if place in self._overrides:
            yield Source("command line", place), partial(key.form.read_text, self._overrides[place].strip())

    def _in_file(self, path: str) -> Source:
        """Return the source of what the table has at a dotted key."""
        return self._origins.get(path) or Source("pyproject", self._where)

    def _add_at(self, source: Source, path: str, whats: Sequence[str]) -> None:
        """Note what is wrong with a dotted key, in the words of the layer that it came from."""
        if not whats:
            return
        self._broken.add(path)
        match source.layer:
            case "default" | "pyproject":
                place = f"{self._where}: {'.'.join(filter(None, ['tool.juncture', path]))}"
            case "compose" | "environment":
                place = source.where
            case "command line":
                place = f"command line: {listed([path])}"
            case _:
                assert_never(source.layer)
        self._problems.add(place, *whats)


def below(path: str, name: str) -> str:
    """Return the dotted key of a name in the table at ``path``."""
    return f"{path}.{dotted(name)}" if path else dotted(name)
