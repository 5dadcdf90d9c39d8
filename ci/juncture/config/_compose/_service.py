"""One service of a compose file as a table of ``[tool.juncture.services]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from juncture.config._compose import _values as values
from juncture.config._compose._left_out import NO_MATTER, TAKEN, note_on, refusal_of
from juncture.config._problems import InvalidError
from juncture.config._reader import below
from juncture.config._wording import listed, quoted
from juncture.config.types import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Draft", "kind_of"]

T = TypeVar("T")

_ADDRESS = re.compile(r"HOST|ADDR|SERVER|URL|URI|ENDPOINT|BROKER|DSN", re.IGNORECASE)
"""What the name of a variable has where its value is an address, though it looks like any word."""

_LONGEST_START = 3600.0


def kind_of(table: Mapping[str, object], over: Mapping[str, object]) -> str:
    """Return the kind of a service: what the declaration says, else what its image is, else ``container``."""
    kind, image = over.get("kind"), table.get("image")
    if isinstance(kind, str):
        return kind
    return values.kind_and_version(image)[0] if isinstance(image, str) and "build" not in table else "container"


@dataclass(slots=True, kw_only=True)
class Draft:
    """A service on its way from one form to the other.

    ``name`` is its name in the file, and ``where`` that with the file; ``path`` is its dotted key in the declaration,
    ``over`` what that lays over it, ``names`` maps the file's names of services to the declaration's. ``table``,
    ``origins``, ``notes`` and ``problems`` are what comes out.
    """

    name: str
    where: str
    path: str
    kind: str
    options: frozenset[str]
    over: Mapping[str, object]
    names: Mapping[str, str]
    variables: Mapping[str, str]
    base: str
    table: dict[str, object] = field(default_factory=dict)
    origins: dict[str, Source] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def read(self, source: Mapping[str, object]) -> None:
        """Take over what the service says, with a note or a problem for what can't be."""
        self.origins[self.path] = Source("compose", self.where)
        self._put("kind", self.kind, "image" if "image" in source else "build")
        self._image(source)
        if self._has("depends_on", source) and (names := self._try("depends_on", values.dependencies, source)):
            self._put("depends_on", [self.names.get(name, name) for name in names], "depends_on")
        if "ports" in self.options:
            self._ports(source)
            self._ready(source)
        elif "ports" in source:
            self._published(source)
        if "env" in self.options and self.kind == "container":
            self._command(source)
            self._environment(source)
        for key, value in source.items():
            self._leave_out(key, value)

    def _image(self, source: Mapping[str, object]) -> None:
        image, build = source.get("image"), source.get("build")
        if build is not None and "build" in self.options and not self.over.keys() & {"build", "image"}:
            folder = self._try("build", lambda value: values.build_folder(value, self.base), source)
            self._put("build", folder or ".", "build")
        elif image is not None and "image" in self.options:
            self._put("image", image, "image")
        elif build is not None and "image" in self.options and "image" not in self.over:
            self._problem("build", f"is not for {self.kind}; build the image yourself and name it below image")
        version = values.kind_and_version(image)[1] if isinstance(image, str) else ""
        if version and "version" in self.options:
            self._put("version", version, "image")

    def _ports(self, source: Mapping[str, object]) -> None:
        both = {"ports": [source.get("ports"), source.get("expose")]}
        found = self._try("ports", lambda lists: values.ports(*lists), both)
        ports, other = found or ([], [])
        if ports:
            self._put("ports", ports, "ports" if source.get("ports") else "expose")
        if other:
            self._note("ports", f"{listed(other)} is left out: only TCP is published")
        self._published(source)

    def _published(self, source: Mapping[str, object]) -> None:
        if self._try("ports", values.published, source):
            self._note("ports", "the host's ports are left out: free ones are taken; tests learn them from env")

    def _ready(self, source: Mapping[str, object]) -> None:
        check = source.get("healthcheck")
        probe = self._try("healthcheck", values.probe_command, source) if check is not None else ""
        if probe:
            self._put("ready", {"command": probe}, "healthcheck")
        elif "ports" in self.table and "ready" not in self.over:
            self._note("healthcheck", "there is none: it counts as ready when its ports take connections")
        if isinstance(check, Mapping) and (seconds := self._try("healthcheck", values.patience, source)):
            self._put("timeout", min(max(seconds, 30.0), _LONGEST_START), "healthcheck")

    def _command(self, source: Mapping[str, object]) -> None:
        if line := self._try("command", values.command_line, source) if "command" in source else "":
            self._check_addresses("command", "command", line)
            self._put("command", _without_fields(line), "command")

    def _environment(self, source: Mapping[str, object]) -> None:
        read = self._try("environment", lambda value: values.environment(value, self.variables), source)
        own = self.over.get("env")
        names = own if isinstance(own, Mapping) else {}
        for name, text in (read or {}).items():
            self.origins[below(f"{self.path}.env", name)] = Source("compose", f"{self.where}.environment")
            if name not in names:
                self._check_addresses(f"env.{name}", "environment", text, name)
        if read:
            self._put("env", {name: _without_fields(text) for name, text in read.items()}, "environment")

    def _check_addresses(self, key: str, place: str, text: str, variable: str = "") -> None:
        """Refuse an address of another service: it has another name here, and another password."""
        if variable == "" and "command" in self.over:
            return
        for name in self._named(text, variable):
            own = self.names[name]
            advice = (
                f'write {key} with a field such as "{{{own}.url}}" or "{{{own}.host}}" in [tool.juncture.{self.path}]'
            )
            what = f"{variable} has the address of {quoted(name)}" if variable else f"has the address of {quoted(name)}"
            self._problem(place, f"{what}, which only juncture knows: {advice}")

    def _named(self, text: str, variable: str) -> Iterable[str]:
        for name in self.names:
            word = re.escape(name)
            with_port = rf"(?:^|[/@,;=\s]){word}:[0-9]+(?![\w.])"
            in_url = rf"://(?:[^/@\s]*@)?{word}(?=[/?,:]|$)"
            alone = text == name and _ADDRESS.search(variable)
            if name != self.name and (alone or re.search(rf"{with_port}|{in_url}", text)):
                yield name

    def _leave_out(self, key: str, value: object) -> None:
        """Tell of a key that no function above takes over."""
        container = self.kind == "container"
        if key.startswith("x-") or key in NO_MATTER or (key in TAKEN and container) or value in (None, [], {}):
            return
        if key in ("image", "build", "ports", "expose", "healthcheck", "profiles", "depends_on"):
            return
        if refusal := refusal_of(key, value, container=container, over=self.over):
            self._problem(key, refusal)
        elif note := note_on(key, value, container=container, over=self.over):
            self._note(key, f"is left out: {note}")

    def _has(self, option: str, source: Mapping[str, object]) -> bool:
        return option in self.options and source.get(option) is not None

    def _try(self, key: str, read: Callable[..., T], source: Mapping[str, object]) -> T | None:
        """Return what a function reads of a key; where it can't, note that."""
        try:
            return read(source[key]) if key in source else None
        except InvalidError as error:
            for problem in error.problems:
                self._problem(key, problem)
            return None

    def _put(self, key: str, value: object, origin: str) -> None:
        self.table[key] = value
        self.origins[f"{self.path}.{key}"] = Source("compose", f"{self.where}.{origin}")

    def _note(self, key: str, what: str) -> None:
        self.notes.append(f"{self.where}.{key}: {what}" if not what.startswith("is ") else f"{self.where}.{key} {what}")

    def _problem(self, key: str, what: str) -> None:
        if (f"{self.where}.{key}", what) not in self.problems:
            self.problems.append((f"{self.where}.{key}", what))


def _without_fields(text: str) -> str:
    """Return a text in which braces mean themselves."""
    return text.replace("{", "{{").replace("}", "}}")
