"""The forms of what only containers and servers of others have: ports, readiness, lifetime, names to keep off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, assert_never

from juncture.config._forms import Command, Form, Text, UrlPath, Whole
from juncture.config._problems import InvalidError
from juncture.config._wording import listed, quoted, shown, suggestion, type_name
from juncture.config.types import Ready, Reuse

__all__ = ["Names", "Patterns", "Ports", "Readiness", "Reused"]

_PORT = Whole(1, 65535)
_WAYS: Final = ("http", "tcp", "log", "command")
_EXAMPLE = '{ tcp = 5432 }, { log = "ready to accept" } or { command = "pg_isready -q" }'


class Ports(Form[tuple[int, ...]]):
    """A list of ports inside a container."""

    def read(self, value: object) -> tuple[int, ...]:
        """Accept at least one port, none of them twice."""
        if not isinstance(value, list | tuple):
            advice = f"; write [{value}]" if isinstance(value, int) and not isinstance(value, bool) else ""
            raise InvalidError(f"must be a list of ports, not {type_name(value)}{advice}")
        if not value:
            raise InvalidError("must not be empty; leave the key out where there is no port")
        ports: list[int] = []
        problems: list[str] = []
        for item in value:
            try:
                port = _port(item)
            except InvalidError as error:
                problems.extend(error.problems)
                continue
            if port in ports:
                problems.append(f"{port} is there twice")
            ports.append(port)
        if problems:
            raise InvalidError(*problems)
        return tuple(ports)


class Readiness(Form[Ready]):
    """How a service tells that it can be used: a path, or a table with one way to find out."""

    def read(self, value: object) -> Ready:
        """Accept a path of a URL, or a table with ``http`` (and ``port``), ``tcp``, ``log`` or ``command``."""
        if isinstance(value, str):
            return Ready("http", UrlPath().read(value))
        if not isinstance(value, Mapping):
            raise InvalidError(f'must be a path such as "/health", or a table, not {type_name(value)}; {_EXAMPLE}')
        ways = [way for way in _WAYS if way in value]
        allowed = [*_WAYS, "port"]
        problems = [
            f"unknown key {quoted(str(name))}.{suggestion(str(name), allowed)}" for name in value if name not in allowed
        ]
        if len(ways) > 1:
            problems.append(f"has {listed(ways)}; name one of them")
        elif not ways and not problems:
            problems.append(f"has none of {listed(_WAYS)}; write {_EXAMPLE}")
        if "port" in value and ways and ways != ["http"]:
            problems.append("port is for http only" + ("; write { tcp = PORT }" if ways == ["tcp"] else ""))
        if problems:
            raise InvalidError(*problems)
        way = ways[0]
        try:
            return _read_way(way, value[way], value.get("port"))
        except InvalidError as error:
            raise InvalidError(*(f"{way}: {problem}" for problem in error.problems)) from None

    def written(self, value: Ready) -> object:
        """Return a path as such, and another way as a table."""
        match value.how:
            case "http":
                return {"http": value.value, "port": value.port} if value.port else value.value
            case "tcp":
                return {"tcp": value.port}
            case "log" | "command":
                return {value.how: value.value}
            case _:
                assert_never(value.how)


class Reused(Form[Reuse]):
    """Who uses a server: everybody, the runs that are there at once, or one run."""

    choices = (True, "session", "run")

    def read(self, value: object) -> Reuse:
        """Accept ``true``, or one of two texts."""
        if value is True:
            return "always"
        if value == "session":
            return "session"
        if value == "run":
            return "run"
        if value is False:
            raise InvalidError('must be true, "session" or "run", not false. Did you mean "run"?')
        if isinstance(value, str):
            advice = " Did you mean true, without quotes?" if value.lower() in ("true", "always") else ""
            advice = advice or suggestion(value, ["session", "run"], lead="Allowed: true, or one of")
            raise InvalidError(f"unknown value {quoted(value)}.{advice}")
        raise InvalidError(f'must be true, "session" or "run", not {shown(value)}')

    def written(self, value: Reuse) -> object:
        """Return what is the default as ``true``."""
        return True if value == "always" else value


class Names(Form[tuple[str, ...]]):
    """A list of names of services."""

    def read(self, value: object) -> tuple[str, ...]:
        """Accept a list of texts, none of them twice; whether they are declared is not known here."""
        return tuple(Text().read(name) for name in _texts(value))


class Patterns(Form[tuple[str, ...]]):
    """A list of patterns of host names and names of databases."""

    pattern = "[!-~]+"

    def read(self, value: object) -> tuple[str, ...]:
        """Accept a list of texts without blanks, none of them twice."""
        patterns = _texts(value)
        wrong = [each for each in patterns if re.fullmatch(self.pattern, each) is None]
        if wrong:
            advice = 'it has no blanks and nothing but ASCII, such as "prod" or "*.example.com"'
            raise InvalidError(*(f"{quoted(each)} is no pattern of a name; {advice}" for each in wrong))
        return patterns


def _port(value: object) -> int:
    """Return one port; offer the right one of a pair as engines write it."""
    if isinstance(value, str) and (match := re.fullmatch(r"(?:.*:)?([0-9]{1,5})(?:/tcp)?", value)):
        raise InvalidError(f"{quoted(value)} is a string; write the container's port alone: {match[1]}")
    return _PORT.read(value)


def _read_way(way: str, value: object, port: object) -> Ready:
    if way == "tcp":
        return Ready("tcp", "", _PORT.read(value))
    if way == "http":
        return Ready("http", UrlPath().read(value), 0 if port is None else _PORT.read(port))
    text = Command().read(value) if way == "command" else Text().read(value)
    if way == "command":
        return Ready("command", text)
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidError(f"{quoted(text)} is no regular expression: {error}") from None
    return Ready("log", text)


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InvalidError(f"must be a list of strings, not a string; write [{quoted(value)}]")
    if not isinstance(value, list | tuple):
        raise InvalidError(f"must be a list of strings, not {type_name(value)}")
    if wrong := [item for item in value if not isinstance(item, str)]:
        raise InvalidError(*(f"must be a list of strings, but holds {type_name(item)}" for item in wrong))
    if twice := sorted({item for item in value if value.count(item) > 1}):
        raise InvalidError(*(f"{quoted(item)} is there twice" for item in twice))
    return tuple(value)
